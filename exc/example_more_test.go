package exc_test

import (
	"fmt"
	"log"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// Who is asked about a type of exception, before and after.
func ExampleTarget_Swap() {
	r, err := port.NewReceive()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	s, err := r.MakeSend()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	self := exc.Task(task.Self())
	before, err := self.Swap(mach.EXC_MASK_RPC_ALERT, s, mach.EXCEPTION_DEFAULT|mach.MACH_EXCEPTION_CODES, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer before.Close()
	now, err := self.Get(mach.EXC_MASK_RPC_ALERT)
	if err != nil {
		log.Fatal(err)
	}
	defer now.Close()
	if x, ok := now.Find(mach.EXC_RPC_ALERT); ok {
		fmt.Println(x.Mask, x.Behavior, x.Port.Name() == s.Name())
	}
	fmt.Println(before.Restore(self))
	// Output:
	// EXC_MASK_RPC_ALERT EXCEPTION_DEFAULT|MACH_EXCEPTION_CODES true
	// <nil>
}

// Constants have names, and names are constants.
func Example_names() {
	m, err := mach.ParseExceptionMask("EXC_MASK_BAD_ACCESS|EXC_MASK_BREAKPOINT")
	fmt.Println(m == mach.EXC_MASK_BAD_ACCESS|mach.EXC_MASK_BREAKPOINT, err)
	b, err := mach.ParseExceptionBehavior("EXCEPTION_STATE|MACH_EXCEPTION_CODES")
	fmt.Println(b, err)
	// Output:
	// true <nil>
	// EXCEPTION_STATE|MACH_EXCEPTION_CODES <nil>
}
