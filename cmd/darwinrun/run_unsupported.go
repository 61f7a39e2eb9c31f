//go:build !(linux && (amd64 || arm64))

package main

import (
	"fmt"
	"os"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

func run(*options) int {
	fmt.Fprintln(os.Stderr, cpu.Available())
	return 125
}
