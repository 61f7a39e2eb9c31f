//go:build linux && (amd64 || arm64)

package machkern

import (
	"encoding/binary"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Data gives the variables of libSystem their contents. Those of pages are libsystem's.
func (g *Guest) Data(p *proc.Process, name string) ([]byte, bool) {
	g.attach(p)
	switch name {
	case "mach_task_self_":
		return word(uint64(g.self)), true
	case "bootstrap_port":
		return word(uint64(g.boot)), true
	case "port_obj_table", "port_obj_table_size", "vprintf_stderr_func":
		return word(0), true
	}
	return nil, false
}

// word is a variable of at most eight bytes.
func word(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }
