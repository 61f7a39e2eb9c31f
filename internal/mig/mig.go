// Package mig compiles .defs files, the language in which Mach's services are described:
// preprocessor, parser, and the layout of every message.
package mig

import (
	"os"

	"github.com/gomach/mach/internal/mig/cpp"
	"github.com/gomach/mach/internal/mig/model"
	"github.com/gomach/mach/internal/mig/parse"
	"github.com/gomach/mach/internal/mig/source"
	"github.com/gomach/mach/internal/mig/system"
)

// Options are what a file is compiled with.
type Options struct {
	CPU     string   // arm64, amd64: which macros are defined
	Defines []string // NAME or NAME=TEXT, as by -D
	Include []string // folders for #include <...>, before the system's files

	// Read reads a file; nil is os.ReadFile.
	Read func(name string) ([]byte, error)
}

// predefined are the macros that Apple's mig is run with, on a system of 64 bits.
var predefined = []string{"__MACH30__", "__LP64__", "__APPLE__", "__MACH__"}

var cpuMacros = map[string][]string{
	"arm64": {"__arm64__", "__aarch64__"},
	"amd64": {"__x86_64__"},
}

// File compiles a file. The error tells each problem with its place (it wraps each, a
// *source.Problem); the warnings come back also without one.
func File(name string, o Options) (*model.Subsystem, []*source.Problem, error) {
	var problems source.Problems
	read := o.Read
	if read == nil {
		read = os.ReadFile
	}
	defines := append(append([]string(nil), predefined...), cpuMacros[o.CPU]...)
	tokens := cpp.Process(name, cpp.Options{
		Defines: append(defines, o.Defines...),
		Include: o.Include,
		Read:    read,
		System:  system.Read,
	}, &problems)
	s := model.Check(parse.File(tokens, &problems), &problems)
	var warnings []*source.Problem
	for _, p := range problems.List {
		if p.Warning {
			warnings = append(warnings, p)
		}
	}
	if err := problems.Err(); err != nil {
		return nil, warnings, err
	}
	return s, warnings, nil
}
