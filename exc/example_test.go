package exc_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
)

// A server is told of the task's exceptions of one type and deals with them.
// Here the program passes one on by itself; as a rule the kernel sends them.
func ExampleServer() {
	server, err := exc.NewServer(exc.HandlerFunc(func(_ context.Context, e *exc.Exception) exc.Verdict {
		fmt.Println("told of", e)
		return exc.Handled
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	go server.Serve(context.Background())

	self := exc.Task(mach.MachTaskSelf())
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
	} {
		fmt.Println(e.Detail())
	}
	// Output:
	// bad access to 0x10: mach: invalid address (KERN_INVALID_ADDRESS)
	// crash by signal 11 after EXC_BAD_ACCESS (0x1, 0x10)
}

func ExampleDebugger() {
	// There is one for the lifetime of a process; see also
	// examples/tiny_debugger.
	_, err := exc.Debug(context.Background(), os.Getpid())
	fmt.Println(err)
	// Output: exc: a process cannot debug itself: its own stop would stop the debugger
}
