package mach

import (
	"errors"
	"testing"
)

var errSink error

// A message that fails allocates nothing for its error, except for the first of
// its kind.
func TestMessageErrorsAllocateNothing(t *testing.T) {
	for _, k := range []KernReturn{
		KERN_FAILURE, KERN_INVALID_ADDRESS, MACH_SEND_IN_PROGRESS, MACH_SEND_INVALID_DEST, MACH_SEND_TIMED_OUT,
		MACH_SEND_INVALID_RIGHT, MACH_RCV_TIMED_OUT, MACH_RCV_TOO_LARGE, MACH_RCV_PORT_CHANGED, MACH_RCV_INTERRUPTED,
		MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE, KERN_SUCCESS,
	} {
		var err error
		n := testing.AllocsPerRun(100, func() {
			err = messageReturn(uint64(uint32(k)))
			errSink = err
		})
		if n != 0 {
			t.Errorf("%v: %v allocations", k, n)
		}
		if k != KERN_SUCCESS && (err != error(k) || !errors.Is(err, k)) {
			t.Errorf("%v has become %v", k, err)
		}
	}
	if messageReturn(0) != nil {
		t.Error("success is an error")
	}
}

// Every code comes out as itself, whichever other had its place before, and
// whoever asks at the same time.
func TestMessageReturn(t *testing.T) {
	t.Parallel()
	for range 4 {
		t.Run("", testMessageReturn)
	}
}

func testMessageReturn(t *testing.T) {
	t.Parallel()
	for _, around := range []KernReturn{0, 255, 1100, -300, -316, MACH_SEND_IN_PROGRESS, MACH_RCV_IN_PROGRESS, 0x10000020, 0x10004018, 1 << 14, -1 << 31} {
		for k := around - 40; k != around+40; k++ {
			if err := messageReturn(uint64(uint32(k))); k != 0 && err != error(k) {
				t.Errorf("%#x has become %v", uint32(k), err)
			}
		}
	}
}
