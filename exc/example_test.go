package exc_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// A server is told of the task's exceptions of one type and deals with them.
// Here the program passes one on by itself; as a rule the kernel sends them.
func ExampleServer() {
	server, err := exc.NewServer(func(_ context.Context, e *exc.Exception) error {
		fmt.Println("told of", e)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	go server.Serve(context.Background())

	self := exc.Task(task.Self())
	attachment, err := server.Attach(self, mach.EXC_MASK_RPC_ALERT, 0, mach.EXCEPTION_STATE|mach.MACH_EXCEPTION_CODES)
	if err != nil {
		log.Fatal(err)
	}
	defer attachment.Close()

	handlers, err := self.Get(mach.EXC_MASK_RPC_ALERT)
	if err != nil {
		log.Fatal(err)
	}
	defer handlers.Close()
	handler, _ := handlers.Find(mach.EXC_RPC_ALERT)
	e := &exc.Exception{Type: mach.EXC_RPC_ALERT, Codes: []int64{1, 2}, State: make([]mach.Natural, 4)}
	fmt.Println("dealt with:", exc.Forward(context.Background(), e, handler) == nil)
	// Output:
	// told of EXC_RPC_ALERT (0x1, 0x2)
	// dealt with: true
}

// Codes are numbers; Detail says what they mean.
func ExampleException_Detail() {
	for _, e := range []exc.Exception{
		{Type: mach.EXC_BAD_ACCESS, Codes: []int64{1, 0x10}},
		{Type: mach.EXC_CRASH, Codes: []int64{11<<24 | 1<<20 | 1, 0x10}},
		{Type: mach.EXC_CRASH, Codes: []int64{6 << 24, 0}},
		{Type: mach.EXC_RESOURCE, Codes: []int64{1<<61 | 1<<58 | 180<<7 | 50, 87}},
		{Type: mach.EXC_GUARD, Codes: []int64{2<<61 | 1<<32 | 5, 0x99}},
		{Type: mach.EXC_CORPSE_NOTIFY, Codes: []int64{10, 2<<32 | 6}},
	} {
		fmt.Println(e.Detail())
	}
	// Output:
	// bad access to 0x10: mach: invalid address (KERN_INVALID_ADDRESS)
	// crash by SIGSEGV after EXC_BAD_ACCESS (KERN_INVALID_ADDRESS, 0x10)
	// crash by SIGABRT
	// RESOURCE_TYPE_CPU FLAVOR_CPU_MONITOR: limit 50 percent, observed 87 percent, over 3m0s
	// GUARD_TYPE_FD kGUARD_EXC_CLOSE: descriptor 5, guard 0x99
	// corpse after EXC_CRASH: OS_REASON_SIGNAL SIGABRT
}

func ExampleDebugger() {
	// There is one for the lifetime of a process; see also
	// examples/tiny_debugger.
	_, err := exc.Debug(context.Background(), os.Getpid())
	fmt.Println(err)
	// Output: exc: a process cannot debug itself: its own stop would stop the debugger
}
