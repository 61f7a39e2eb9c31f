package symbol

import (
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// bytesAt is memory that begins at an address.
type bytesAt struct {
	start uint64
	b     []byte
}

func (m bytesAt) ReadMemory(p []byte, addr uint64) (int, error) {
	if addr < m.start || addr-m.start >= uint64(len(m.b)) {
		return 0, mach.KERN_INVALID_ADDRESS
	}
	n := copy(p, m.b[addr-m.start:])
	if n < len(p) {
		return n, mach.KERN_INVALID_ADDRESS
	}
	return n, nil
}

// Whatever call frame information says, walking ends.
func FuzzFrames(f *testing.F) {
	// A CIE "zR" of x86-64 and an FDE of one function, by the LSB's core specification.
	f.Add([]byte{
		20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1, 0, 0,
		20, 0, 0, 0, 28, 0, 0, 0, 0, 1, 0, 0, 64, 0, 0, 0, 0, 0x41, 0x0e, 16, 0x86, 2, 0x0f, 2, 0x77, 8, 0, 0, 0, 0,
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, eh := range []bool{true, false} {
			x := new(frames)
			x.parse(section{b, 0x1000, eh})
			for i := range x.list {
				for _, at := range []uint64{x.list[i].low, x.list[i].low + 4, x.list[i].high - 1} {
					w, ok := x.list[i].rowAt(at)
					if !ok {
						continue
					}
					s := newState(bytesAt{0x1000, b}, &task.Registers{CPU: mach.CPU_TYPE_X86_64, X86: mach.X86ThreadState64{Rip: at, Rsp: 0x1000, Rbp: 0x1008}})
					s.apply(&w, &x.list[i], true)
				}
			}
		}
	})
}

// Whatever a Mach-O header in memory says, looking up ends.
func FuzzMachO(f *testing.F) {
	head := make([]byte, 4096)
	copy(head, []byte{0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 72, 0, 0, 0})
	copy(head[32:], []byte{0x19, 0, 0, 0, 72, 0, 0, 0, '_', '_', 'T', 'E', 'X', 'T'})
	head[32+33] = 0x10
	f.Add(head)
	f.Fuzz(func(t *testing.T, b []byte) {
		x := New(bytesAt{0x10000, b}, mach.CPU_TYPE_X86_64, []Image{{"/none", 0x10000}}, Options{})
		defer x.Close()
		x.Lookup(0x10010)
		x.Unwind(&task.Registers{CPU: mach.CPU_TYPE_X86_64, X86: mach.X86ThreadState64{Rip: 0x10010, Rsp: 0x10100, Rbp: 0x10100}}, 100)
	})
}

// Whatever Go's table says, looking up ends.
func FuzzGoFrames(f *testing.F) {
	b := make([]byte, 200)
	copy(b, []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8, 1})
	b[8+6*8], b[8+7*8] = 72, 80 // pctab, funcs
	copy(b[72:], []byte{2, 4, 15, 4, 0})
	b[80+4], b[80+8] = 16, 8
	f.Add(b, uint64(0x1002))
	f.Fuzz(func(t *testing.T, b []byte, addr uint64) {
		g := newGoFrames(b, 0x1000)
		if depth, kind := g.at(addr); (kind == goTop || kind == goUnknown) && depth != 0 {
			t.Fatal(depth, kind)
		}
		goText(b, 0)
	})
}
