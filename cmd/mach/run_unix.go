//go:build unix

package main

import (
	"os"
	"syscall"

	"github.com/spf13/cobra"
)

// replace makes this process that program, with its terminal, signals and end.
func replace(_ *cobra.Command, file string, args []string) error {
	err := syscall.Exec(file, append([]string{runnerName}, args...), os.Environ())
	return &os.PathError{Op: "exec", Path: file, Err: err}
}
