package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"
)

const runnerName = "darwinrun"

func runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run [FLAG...] PROGRAM [ARGUMENT...]",
		Short: "Runs a program for macOS on Linux, by darwinrun",
		Long: `run starts darwinrun with what follows, its flags included: "mach run -help" lists them.
darwinrun is looked for beside mach and on PATH. It is a program of its own, as it loads the
library of a processor's emulator. What it ends with, mach ends with. --json is handed to
the program as all flags are: run itself prints nothing.`,
		DisableFlagParsing: true, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{fmt.Errorf("PROGRAM is missing: %s", cmd.UseLine())}
			}
			file, err := findRunner()
			if err != nil {
				return err
			}
			return replace(cmd, file, args)
		},
	}
}

// findRunner is darwinrun's file, beside this program or on PATH.
func findRunner() (string, error) {
	if self, err := os.Executable(); err == nil {
		if self, err = filepath.EvalSymlinks(self); err == nil {
			if file, err := exec.LookPath(filepath.Join(filepath.Dir(self), runnerName)); err == nil {
				return file, nil
			}
		}
	}
	file, err := exec.LookPath(runnerName)
	if err == nil {
		return file, nil
	}
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("%s runs on Linux only: %w", runnerName, errors.ErrUnsupported)
	}
	return "", fmt.Errorf("%w: it is neither beside mach nor on PATH; get it:\n"+
		"    go install github.com/gomach/mach/cmd/darwinrun@latest\n    apt-get install libunicorn2", err)
}
