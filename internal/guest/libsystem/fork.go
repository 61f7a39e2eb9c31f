//go:build linux

package libsystem

import "github.com/gomach/mach/internal/guest/proc"

// forkState is a child between fork and exec.
type forkState struct{}

func (s *State) childExit(c *proc.Call, code int) bool { return false }
