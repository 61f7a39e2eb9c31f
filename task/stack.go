package task

import (
	"encoding/binary"

	"github.com/gomach/mach/internal/unusable"
)

// Frame is a function that has been called and has not returned.
type Frame struct {
	// PC is where the function is: for the innermost the next instruction,
	// for the others the one that their call returns to.
	PC uint64
	FP uint64 // the frame's address on the stack; 0 for the innermost
}

// Stack walks a thread's stack from the innermost function outwards, by frame
// pointers, up to limit frames. The thread should be suspended; the caller's own
// thread cannot be walked. Code that does without frame pointers is passed over,
// and so is the caller of an innermost function that has not set up its frame
// yet.
//
// The walk ends, without an error, where the pointers do not make sense any
// more: they must rise, and lie in readable memory. An error means that there
// are no registers to begin with, or that the context of a view has ended (see
// [Task.WithContext]), with the frames up to there. The read port will do, and the
// thread's task must be known.
//
// Mach calls: thread_get_state, mach_vm_read_overwrite.
func (th *Thread) Stack(limit int) ([]Frame, error) {
	r, err := th.Registers()
	if err != nil {
		return nil, err
	}
	if th.task == nil {
		return nil, unusable.New("task", "Task of the Thread", unusable.Nil)
	}
	frames := r.Stack(th.task, limit)
	return frames, th.task.over()
}

// Stack is [Thread.Stack] from registers that were read, over memory that can be
// read by address, such as a task's or a snapshot's.
func (r *Registers) Stack(memory MemoryReader, limit int) []Frame {
	if r == nil || limit <= 0 {
		return nil
	}
	frames := append(make([]Frame, 0, min(limit, 64)), Frame{PC: r.PC()})
	w := window{r: memory}
	fp := r.FP()
	for len(frames) < limit {
		// Two words: the caller's frame pointer, and where the call returns
		// to. Both families have them so, by their Darwin ABIs and in Go.
		b := w.at(fp)
		if b == nil {
			break
		}
		next := r.StripPointer(binary.LittleEndian.Uint64(b))
		pc := r.StripPointer(binary.LittleEndian.Uint64(b[8:]))
		if pc == 0 {
			break
		}
		frames = append(frames, Frame{PC: pc, FP: fp})
		if next <= fp { // stacks grow down: callers are above
			break
		}
		fp = next
	}
	return frames
}

// window keeps a piece of stack, so that most frames cost no call.
type window struct {
	r     MemoryReader
	start uint64
	b     []byte
}

const windowSize = 4096

// at is the two words at fp, or nil if they cannot be read.
func (w *window) at(fp uint64) []byte {
	const size = 16
	if w.r == nil || fp < windowSize || fp%8 != 0 || fp+size < fp {
		return nil
	}
	if fp < w.start || fp+size > w.start+uint64(len(w.b)) {
		if w.b == nil {
			w.b = make([]byte, windowSize)
		}
		w.start = fp
		n, _ := w.r.ReadMemory(w.b[:windowSize:windowSize], fp)
		if w.b = w.b[:max(0, min(n, windowSize))]; len(w.b) < size {
			return nil
		}
	}
	return w.b[fp-w.start:][:size]
}
