// Package source says where something stands in a file, and what is wrong there.
package source

import (
	"fmt"
	"strings"
)

// Pos is a place in a file. Lines and columns count from 1, columns in bytes.
type Pos struct {
	File         string
	Line, Column int
}

func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is something wrong, or odd, at a place.
type Problem struct {
	Pos     Pos
	Text    string // the offending text, if there is one
	Message string
	Warning bool // the input is accepted
}

func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", p.Pos)
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.Text != "" {
		fmt.Fprintf(&b, ": %q", p.Text)
	}
	return b.String()
}

// limit is how many errors of a run are told; a file that is no MIG at all would
// fill the terminal.
const limit = 50

// Problems are those of a run, in the order in which they were found.
type Problems struct {
	List   []*Problem
	errors int
}

// Wrong notes an error.
func (p *Problems) Wrong(pos Pos, text, format string, args ...any) {
	if p.errors++; p.errors <= limit {
		p.List = append(p.List, &Problem{Pos: pos, Text: text, Message: fmt.Sprintf(format, args...)})
	}
}

// Odd notes a warning.
func (p *Problems) Odd(pos Pos, text, format string, args ...any) {
	p.List = append(p.List, &Problem{Pos: pos, Text: text, Message: fmt.Sprintf(format, args...), Warning: true})
}

// Full tells whether there are so many errors that going on helps nobody.
func (p *Problems) Full() bool { return p.errors >= limit }

// Err is nil if nothing is wrong, warnings or not. Otherwise its text has a line for
// each problem.
func (p *Problems) Err() error {
	if p.errors == 0 {
		return nil
	}
	return p
}

func (p *Problems) Error() string {
	var b strings.Builder
	for i, x := range p.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(x.Error())
	}
	if more := p.errors - limit; more > 0 {
		fmt.Fprintf(&b, "\nand %d errors more", more)
	}
	return b.String()
}

// Unwrap gives the problems, for errors.As.
func (p *Problems) Unwrap() []error {
	out := make([]error, len(p.List))
	for i, x := range p.List {
		out[i] = x
	}
	return out
}
