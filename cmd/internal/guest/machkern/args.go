//go:build linux && (amd64 || arm64)

package machkern

import (
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/proto"
)

// arguments takes a call's arguments from registers and stack as Apple's C conventions have
// them, one word each in C order. A struct of more than two words is given by its address:
// arm64 passes it so, and on amd64 it lies on the caller's stack.
func arguments(c *proc.Call, f *proto.Function, args *[12]uint64) {
	w := walker{c: c, regs: c.Process.Arch.IntArgs, stack: c.StackArgs(), packed: c.Process.Arch == cpu.ARM64}
	for i := range f.Params {
		if i == len(args) {
			return
		}
		args[i] = w.next(f.Params[i].Kind, uint64(f.Params[i].Size))
	}
}

// walker goes through registers, then stack.
type walker struct {
	c      *proc.Call
	regs   []int
	stack  uint64
	packed bool // stack arguments take their own size, not eight bytes
}

func (w *walker) next(kind proto.Kind, size uint64) uint64 {
	if kind == proto.BigStruct && !w.packed {
		at := w.stack
		w.stack += (size + 7) &^ 7
		return at
	}
	if len(w.regs) > 0 {
		r := w.c.Reg(w.regs[0])
		w.regs = w.regs[1:]
		return r
	}
	if !w.packed || kind == proto.BigStruct || kind == proto.SmallStruct {
		size = 8
	}
	align := min(size, 8)
	at := (w.stack + align - 1) &^ (align - 1)
	w.stack = at + size
	v := w.c.Process.Peek(at &^ 7)
	return v >> (at & 7 * 8) // the upper half of a smaller argument is unspecified
}
