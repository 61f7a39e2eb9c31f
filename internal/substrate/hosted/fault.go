//go:build linux && (amd64 || arm64)

package hosted

import "github.com/gomach/mach/internal/substrate/linux"

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

// accessed asks the instruction of a thread that stands at its fault how it accessed memory.
func (t *task) accessed(tr *linux.Tracer, tid int, f fault) fault {
	if !f.ofMemory() {
		return f
	}
	r, err := tr.Registers(tid)
	if err != nil {
		return f
	}
	var code [maxInstruction]byte
	n, _ := t.p.ReadAt(code[:], programCounter(&r))
	return f.access(code[:n], &r)
}
