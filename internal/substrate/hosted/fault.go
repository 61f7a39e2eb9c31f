//go:build linux && (amd64 || arm64)

package hosted

import (
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// fault is what the CPU told of a thread's last exception, as far as Linux
// passes it on.
type fault struct {
	trap uint32 // amd64: the trap number
	code uint32 // amd64: the error code; arm64: the syndrome
	addr uint64
}

// lastFault gives a thread's last exception, zero if it had none.
func (t *task) lastFault(tid int) fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults[tid]
}

func (t *task) setFault(tid int, f fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.faults == nil {
		t.faults = map[int]fault{}
	}
	t.faults[tid] = f
}

// maxInstruction is the length of the longest instruction there is.
const maxInstruction = 15

// complete adds to an exception what the signal does not tell, by the registers of
// the thread, which stands at it, and by the instruction that accessed memory.
func (t *task) complete(tr *linux.Tracer, tid int, x core.Exception, f fault) (core.Exception, fault) {
	if !f.isOpen() {
		return x, f
	}
	r, err := tr.Registers(tid)
	if err != nil {
		return x, f
	}
	x, f = refine(x, f, programCounter(&r), stackPointer(&r))
	if f.ofMemory() {
		var code [maxInstruction]byte
		n, _ := t.p.ReadAt(code[:], programCounter(&r))
		f = f.access(code[:n], &r)
	}
	return x, f
}
