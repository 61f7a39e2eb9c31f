//go:build amd64 || arm64

package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/machkern"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// missing loads a program without running it, and lists what it imports and would not get.
func missing(o *options) int {
	state := libsystem.New(libsystem.Policy{}, machkern.New(machkern.Options{}))
	path := absolute(o.missing)
	var lines []string
	_, err := proc.New(proc.Config{
		Path: path, Args: []string{path}, Arch: architecture(o),
		Lookup: state.Lookup, Data: state.Data, IsVariable: state.IsVariable, Personal: state,
		Missing: func(symbol string, variable, weak bool) {
			kind := "function"
			if variable {
				kind = "variable"
			}
			if weak {
				kind = "weak " + kind
			}
			lines = append(lines, kind+" "+symbol)
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "darwinrun:", err)
		return exitRunner
	}
	slices.Sort(lines)
	for _, l := range slices.Compact(lines) {
		fmt.Println(l)
	}
	if len(lines) > 0 {
		return 1
	}
	return 0
}
