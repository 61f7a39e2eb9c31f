package wasmtime

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

var onARM = runtime.GOARCH == "arm64"

// flavor is the state that exceptions bring, if the behavior has them bring one.
var flavor = map[bool]mach.ThreadStateFlavor{false: mach.X86_THREAD_STATE64, true: mach.ARM_THREAD_STATE64}[onARM]

// state is the part of r that flavor stands for.
func state(r *task.Registers) any {
	if onARM {
		r.CPU = mach.CPU_TYPE_ARM64
		return &r.ARM
	}
	r.CPU = mach.CPU_TYPE_X86_64
	return &r.X86
}

// fromWords reads the registers out of an exception's message.
func fromWords(words []mach.Natural) (*task.Registers, error) {
	r := new(task.Registers)
	s := state(r)
	if len(words)*4 < binary.Size(s) {
		return nil, errors.New("wasmtime: half a state")
	}
	b := make([]byte, 0, 4*len(words))
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return r, binary.Read(bytes.NewReader(b), binary.LittleEndian, s)
}

func toWords(r *task.Registers) []mach.Natural {
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, state(r))
	words := make([]mach.Natural, b.Len()/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(b.Bytes()[4*i:])
	}
	return words
}
