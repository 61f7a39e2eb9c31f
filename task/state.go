package task

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/gomach/mach"
)

// StateType is a struct that thread_get_state fills in. Each has one flavor and
// belongs to one CPU family.
type StateType interface {
	mach.ARMThreadState64 | mach.ARMNeonState64 | mach.ARMExceptionState64 | mach.ARMDebugState64 |
		mach.X86ThreadState64 | mach.X86ThreadFullState64 | mach.X86FloatState64 | mach.X86AVXState64 |
		mach.X86AVX512State64 | mach.X86ExceptionState64 | mach.X86DebugState64
}

func stateFlavorOf(state any) (f mach.ThreadStateFlavor, arm bool) {
	switch state.(type) {
	case *mach.ARMThreadState64:
		return mach.ARM_THREAD_STATE64, true
	case *mach.ARMNeonState64:
		return mach.ARM_NEON_STATE64, true
	case *mach.ARMExceptionState64:
		return mach.ARM_EXCEPTION_STATE64, true
	case *mach.ARMDebugState64:
		return mach.ARM_DEBUG_STATE64, true
	case *mach.X86ThreadState64:
		return mach.X86_THREAD_STATE64, false
	case *mach.X86ThreadFullState64:
		return mach.X86_THREAD_FULL_STATE64, false
	case *mach.X86FloatState64:
		return mach.X86_FLOAT_STATE64, false
	case *mach.X86AVXState64:
		return mach.X86_AVX_STATE64, false
	case *mach.X86AVX512State64:
		return mach.X86_AVX512_STATE64, false
	case *mach.X86ExceptionState64:
		return mach.X86_EXCEPTION_STATE64, false
	case *mach.X86DebugState64:
		return mach.X86_DEBUG_STATE64, false
	}
	return 0, false
}

// onARM is the family of threads that this program can look at. Each family
// numbers its flavors from 1: asking for the other's gets an answer, of
// something else.
var onARM = runtime.GOARCH == "arm64"

func familyError(arm bool) error {
	if arm == onARM {
		return nil
	}
	return fmt.Errorf("task: threads here have no such state: %w", errors.ErrUnsupported)
}

// State reads registers of a thread, of the flavor that goes with the type. The
// thread should be suspended: those of a running one are of no moment in
// particular, and those of the caller's own thread make no sense.
//
// The read port will do. It waits until the thread has left a call in the kernel
// that cannot be stopped: see [Task.WithContext]. It fails with
// errors.ErrUnsupported for the other CPU family, with
// [mach.KERN_INVALID_ARGUMENT] for a flavor that the processor does not have, and
// with [mach.KERN_TERMINATED], [mach.KERN_INVALID_ARGUMENT] or
// [mach.MACH_SEND_INVALID_DEST] when the thread has ended.
//
// Mach calls: thread_get_state.
func State[T StateType](th *Thread) (T, error) {
	var s T
	err := readState(th, &s)
	return s, err
}

func readState[T StateType](th *Thread, to *T) error {
	flavor, arm := stateFlavorOf(to)
	if err := familyError(arm); err != nil {
		return err
	}
	s, err := within(th.Task(), "thread_get_state", func() (s T, err error) {
		name, err := th.use()
		if err != nil {
			return s, err
		}
		defer th.h.done()
		n := mach.CountOf[T]()
		if err := mach.ThreadGetState(name, flavor, mach.State(&s), &n); err != nil {
			return s, th.task.refused("thread_get_state", err)
		}
		if n < mach.CountOf[T]() {
			return s, failed("thread_get_state", mach.KERN_INVALID_ARGUMENT) // not all of it
		}
		return s, nil
	}, nil)
	if err == nil {
		*to = s
	}
	return err
}

// SetState writes registers of a thread, which must be suspended. Read the state
// and change it: fields such as the flags of a signed program counter have to
// stay. It takes the control port, and fails like [State].
//
// Mach calls: thread_set_state.
func SetState[T StateType](th *Thread, s T) error {
	flavor, arm := stateFlavorOf(&s)
	if err := familyError(arm); err != nil {
		return err
	}
	_, err := within(th.Task(), "thread_set_state", func() (none struct{}, err error) {
		name, err := th.use()
		if err != nil {
			return none, err
		}
		defer th.h.done()
		return none, th.task.refused("thread_set_state", mach.ThreadSetState(name, flavor, mach.State(&s), mach.CountOf[T]()))
	}, nil)
	return err
}
