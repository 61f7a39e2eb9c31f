package kernel_test

import (
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/fake"
)

// A receive without a timeout goes on when its thread was aborted once, and ends with
// the thread: also where the abort was before the wait.
func TestReceiveOfAThreadThatEnds(t *testing.T) {
	c := newCaller(t)
	self := uint64(c.task.SelfName())
	if kr := c.call("mach_port_allocate", self, uint64(mach.MACH_PORT_RIGHT_RECEIVE), cells); kr != 0 {
		t.Fatal(kr)
	}
	var b [4]byte
	c.args.ReadAt(b[:], cells)
	port := uint64(le.Uint32(b[:]))
	th, err := c.task.Thread(fake.ThreadID)
	if err != nil {
		t.Fatal(err)
	}
	aborted := make(chan struct{})
	close(aborted)
	x := &core.Ctx{
		Args: &[12]uint64{cells + cellSize, uint64(mach.MACH_RCV_MSG), 0, 256, port},
		Task: c.task, Mem: c.args, Interrupted: aborted, Thread: th,
	}
	result := make(chan uint64)
	go func() { result <- c.k.Call(x, core.Number("mach_msg")) }()
	select {
	case kr := <-result:
		t.Fatalf("before the end: %#x", kr)
	default:
	}
	th.Interrupt()
	th.End()
	if kr := <-result; mach.KernReturn(int32(kr)) != mach.MACH_RCV_INTERRUPTED {
		t.Errorf("at the end: %#x", kr)
	}
}
