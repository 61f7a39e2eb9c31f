// Package model is what a .defs file means: its subsystem, types and routines, and the
// layout of each message.
package model

import (
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/mig/ast"
	"github.com/gomach/mach/internal/mig/source"
)

// Subsystem is an interface.
type Subsystem struct {
	Name                     string
	Base                     int64 // number of the first message
	KernelUser, KernelServer bool
	Routines                 []*Routine // without those that are skipped
	Types                    map[string]*Type
	Imports                  []*ast.Imported
	ServerDemux              string
}

// settings are what statements set for the routines behind them.
type settings struct {
	UserPrefix, ServerPrefix, ErrorProc string
	MsgOption, WaitTime, SendTime       string
	SpecialReplyPort                    bool
	ConsumeOnSendError                  string // none, timeout, any
}

// Check finds out what statements mean. What is wrong is noted; then the result is not
// to be used.
func Check(statements []ast.Statement, problems *source.Problems) *Subsystem {
	c := &checker{problems: problems, types: map[string]*Type{}, out: &Subsystem{}, settings: settings{ConsumeOnSendError: "none"}}
	c.out.Types = c.types
	var subsystem *ast.Subsystem
	seen := map[string]source.Pos{}
	for _, s := range statements {
		if problems.Full() {
			break
		}
		switch s := s.(type) {
		case *ast.Subsystem:
			if subsystem != nil {
				problems.Odd(s.Pos, s.Name.Text, "this takes the place of the subsystem %s", subsystem.Name.Text)
			}
			subsystem = s
			c.out.Name, c.out.Base = s.Name.Text, s.Base
			c.out.KernelUser, c.out.KernelServer = s.KernelUser, s.KernelServer
		case *ast.Option:
			c.option(s)
		case *ast.Imported:
			c.out.Imports = append(c.out.Imports, s)
		case *ast.Type:
			c.declare(s)
		case *ast.Skip:
			c.next++
		case *ast.Routine:
			if was, twice := seen[s.Name.Text]; twice {
				problems.Wrong(s.Name.Pos, s.Name.Text, "there is a routine of this name, at %s", was)
			}
			seen[s.Name.Text] = s.Name.Pos
			c.out.Routines = append(c.out.Routines, c.routine(s))
			c.next++
		}
	}
	if subsystem == nil && len(statements) > 0 {
		problems.Wrong(source.Pos{File: statements[0].Where().File}, "", "the file names no subsystem")
	}
	for _, r := range c.out.Routines {
		r.Number += c.out.Base
	}
	return c.out
}

func (c *checker) option(o *ast.Option) {
	v := o.Value.Text
	switch o.Kind {
	case ast.MsgOption:
		if c.settings.MsgOption = v; v == "MACH_MSG_OPTION_NONE" {
			c.settings.MsgOption = ""
		}
	case ast.WaitTime:
		c.settings.WaitTime = v
	case ast.NoWaitTime:
		c.settings.WaitTime = ""
	case ast.SendTime:
		c.settings.SendTime = v
	case ast.NoSendTime:
		c.settings.SendTime = ""
	case ast.UseSpecialReplyPort:
		n, err := strconv.Atoi(v)
		c.settings.SpecialReplyPort = err == nil && n != 0
	case ast.ConsumeOnSendError:
		c.settings.ConsumeOnSendError = strings.ToLower(v)
	case ast.ErrorProc:
		c.settings.ErrorProc = v
	case ast.ServerPrefix:
		c.settings.ServerPrefix = v
	case ast.UserPrefix:
		c.settings.UserPrefix = v
	case ast.ServerDemux:
		c.out.ServerDemux = v
	}
}
