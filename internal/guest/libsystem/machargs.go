//go:build linux

package libsystem

import "github.com/gomach/mach/internal/guest/proc"

// machArguments takes the arguments of a Mach function.
func machArguments(c *proc.Call, symbol string) []uint64 { return nil }
