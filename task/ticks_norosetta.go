//go:build !darwin || !amd64

package task

import "github.com/gomach/mach"

// kernelTimebase is that of the kernel's figures: it is the caller's but under
// Rosetta.
func kernelTimebase() (mach.MachTimebaseInfo_t, error) { return callerTimebase() }
