package core_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/gomach/mach/core"
	"github.com/gomach/mach/task"
)

// A core of a process, with the progress on standard error.
func ExampleCreate() {
	ctx := context.Background()
	t, err := task.ForPID(ctx, 4711)
	if err != nil {
		fmt.Println("there is no process 4711, or it may not be looked at")
		return
	}
	defer t.Close()
	report, err := core.Create(ctx, "4711.core", t, core.Options{
		Progress: func(done, total uint64) { fmt.Fprintf(os.Stderr, "\r%d%%", 100*done/total) },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d threads, stopped for %v\n", report.Threads, report.Stopped)
}

// A core is looked at like a process: threads, regions, memory.
func ExampleOpen() {
	f, err := core.Open("testdata/none.core")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	for i, th := range f.Threads() {
		fmt.Printf("thread %d (%d) is at %#x\n", i, th.Info.ID, th.Registers.PC())
		for _, frame := range th.Registers.Stack(f, 10) {
			fmt.Printf("  %#x\n", frame.PC)
		}
	}
	// Output: open testdata/none.core: no such file or directory
}
