package symbol_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gomach/mach/symbol"
	"github.com/gomach/mach/task"
)

// The backtraces of all threads of a process.
func ExampleTable_Unwind() {
	ctx := context.Background()
	t, err := task.ForPID(ctx, 4711)
	if err != nil {
		fmt.Println("there is no process 4711, or it may not be looked at")
		return
	}
	defer t.Close()
	loaded, err := t.Images()
	if err != nil {
		log.Fatal(err)
	}
	var images []symbol.Image
	for _, m := range loaded.List {
		images = append(images, symbol.Image{Path: m.Path, Address: m.Address})
	}
	cpu, err := t.CPU()
	if err != nil {
		log.Fatal(err)
	}
	table := symbol.New(t, cpu, images, symbol.Options{})
	defer table.Close()
	err = t.Suspended(ctx, func(ctx context.Context) error {
		threads, err := t.Threads()
		if err != nil {
			return err
		}
		defer threads.Close()
		for i, th := range threads.All() {
			r, err := th.Registers()
			if err != nil {
				return err
			}
			fmt.Println("thread", i)
			for _, f := range table.Unwind(r, 0) {
				for _, l := range table.Lookup(f.At) {
					fmt.Printf("  %#x %s %s:%d\n", f.PC, l.Function, l.File, l.Line)
				}
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
