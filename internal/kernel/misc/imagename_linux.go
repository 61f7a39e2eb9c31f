//go:build linux && (amd64 || arm64)

package misc

import (
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// pathAt asks Linux for the name of the file that is mapped at an address,
// which walks over regions do without because it costs more than they do.
func pathAt(t *core.Task, addr uint64) string {
	p, err := linux.Open(t.Sub.PID())
	if err != nil {
		return ""
	}
	defer p.Close()
	m, found, err := p.MappingAt(addr)
	if err != nil || !found || m.Start > addr {
		return ""
	}
	return string(m.Path)
}
