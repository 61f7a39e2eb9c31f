package core

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Thread is what a core has of a thread. A state that it does not have is nil.
type Thread struct {
	Info         ThreadInfo
	Registers    *task.Registers
	ARMNeon      *mach.ARMNeonState64
	ARMException *mach.ARMExceptionState64
	X86Float     *mach.X86FloatState64
	X86Exception *mach.X86ExceptionState64
}

// The unified flavors, of which the state has a header of its own: flavor and count
// (x86_state_hdr of <mach/i386/thread_status.h>, arm_state_hdr of
// <mach/arm/thread_status.h>). Darwin's kernel writes its cores with them.
const (
	unifiedARM          = mach.ARM_THREAD_STATE
	unifiedX86          = mach.X86_THREAD_STATE
	unifiedX86Float     = mach.X86_FLOAT_STATE
	unifiedX86Exception = mach.X86_EXCEPTION_STATE
)

// readThread reads the states of a suspended thread. Those that the system does not
// have stay nil; an error means that not even the general registers can be read.
func readThread(th *task.Thread) (Thread, error) {
	r, err := th.Registers()
	if err != nil {
		return Thread{}, err
	}
	x := Thread{Registers: r, Info: threadInfo(th)}
	if r.CPU == mach.CPU_TYPE_ARM64 {
		x.ARMNeon = optional[mach.ARMNeonState64](th)
		x.ARMException = optional[mach.ARMExceptionState64](th)
	} else {
		x.X86Float = optional[mach.X86FloatState64](th)
		x.X86Exception = optional[mach.X86ExceptionState64](th)
	}
	return x, nil
}

func optional[T task.StateType](th *task.Thread) *T {
	s, err := task.State[T](th)
	if err != nil {
		return nil
	}
	return &s
}

func threadInfo(th *task.Thread) ThreadInfo {
	var i ThreadInfo
	i.ID, _ = th.ID()
	if basic, err := task.ThreadInfo[mach.ThreadBasicInfo](th); err == nil {
		b := basic.Value
		i.State, i.Usage, i.SuspendCount = b.RunState, int32(b.CPUUsage), int32(b.SuspendCount)
	}
	i.User, i.System, _ = th.Times()
	if more, err := task.ThreadInfo[mach.ThreadExtendedInfo](th); err == nil {
		i.Priority = more.Value.PthCurpri
	}
	i.Name, _ = th.Label()
	return i
}

// command is the thread's LC_THREAD.
func (x *Thread) command() []byte {
	b := make([]byte, threadSize)
	if x.Registers.CPU == mach.CPU_TYPE_ARM64 {
		b = appendState(b, mach.ARM_THREAD_STATE64, &x.Registers.ARM)
		b = appendState(b, mach.ARM_NEON_STATE64, x.ARMNeon)
		b = appendState(b, mach.ARM_EXCEPTION_STATE64, x.ARMException)
	} else {
		b = appendState(b, mach.X86_THREAD_STATE64, &x.Registers.X86)
		b = appendState(b, mach.X86_FLOAT_STATE64, x.X86Float)
		b = appendState(b, mach.X86_EXCEPTION_STATE64, x.X86Exception)
	}
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	binary.LittleEndian.PutUint32(b, commandThread)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)))
	return b
}

func appendState[T any](b []byte, flavor mach.ThreadStateFlavor, s *T) []byte {
	if s == nil {
		return b
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(flavor))
	b = binary.LittleEndian.AppendUint32(b, uint32(mach.CountOf[T]()))
	b, _ = binary.Append(b, binary.LittleEndian, s) // structs of numbers
	return b
}

// parseThread takes the states out of an LC_THREAD.
func parseThread(b []byte, cpu mach.CPUType) (Thread, error) {
	var x Thread
	for len(b) >= 8 {
		flavor, count := binary.LittleEndian.Uint32(b), uint64(binary.LittleEndian.Uint32(b[4:]))
		if flavor == 0 && count == 0 {
			break // padding
		}
		if b = b[8:]; 4*count > uint64(len(b)) {
			return x, malformed("a state of %d words in a thread with room for %d", count, len(b)/4)
		}
		x.state(mach.ThreadStateFlavor(flavor), b[:4*count], cpu)
		b = b[4*count:]
	}
	return x, nil
}

// state takes a state over if it is one that is known.
func (x *Thread) state(flavor mach.ThreadStateFlavor, b []byte, cpu mach.CPUType) {
	arm := cpu == mach.CPU_TYPE_ARM64
	switch {
	case arm && flavor == unifiedARM, !arm && (flavor == unifiedX86 || flavor == unifiedX86Float || flavor == unifiedX86Exception):
		if len(b) < 8 {
			return
		}
		flavor, b = mach.ThreadStateFlavor(binary.LittleEndian.Uint32(b)), b[8:]
	}
	switch {
	case arm && flavor == mach.ARM_THREAD_STATE64:
		if s := decode[mach.ARMThreadState64](b); s != nil {
			x.general(cpu).ARM = *s
		}
	case arm && flavor == mach.ARM_NEON_STATE64:
		x.ARMNeon = decode[mach.ARMNeonState64](b)
	case arm && flavor == mach.ARM_EXCEPTION_STATE64:
		x.ARMException = decode[mach.ARMExceptionState64](b)
	case !arm && flavor == mach.X86_THREAD_STATE64:
		if s := decode[mach.X86ThreadState64](b); s != nil {
			x.general(cpu).X86 = *s
		}
	case !arm && flavor == mach.X86_FLOAT_STATE64:
		x.X86Float = decode[mach.X86FloatState64](b)
	case !arm && flavor == mach.X86_EXCEPTION_STATE64:
		x.X86Exception = decode[mach.X86ExceptionState64](b)
	}
}

func (x *Thread) general(cpu mach.CPUType) *task.Registers {
	if x.Registers == nil {
		x.Registers = &task.Registers{CPU: cpu}
	}
	return x.Registers
}

// decode is nil if there is too little of the state.
func decode[T any](b []byte) *T {
	s := new(T)
	if _, err := binary.Decode(b, binary.LittleEndian, s); err != nil {
		return nil
	}
	return s
}
