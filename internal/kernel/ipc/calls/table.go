// Package calls holds the functions on ports and messages: it takes their
// arguments apart and hands them to package ipc.
package calls

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Table lists the functions with their support levels.
func Table() core.Table {
	t := core.Table{}
	return t
}

func full(f func(c *core.Ctx) mach.KernReturn) core.Entry {
	return core.Entry{Handler: core.K(f), Level: core.Full}
}
