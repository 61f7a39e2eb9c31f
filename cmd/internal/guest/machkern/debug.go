//go:build linux && (amd64 || arm64)

package machkern

import (
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

// Memory is a guest's memory as its kernel sees it, for a debugger of the runner's own.
func Memory(p *proc.Process) core.AddressSpace { return space{p} }
