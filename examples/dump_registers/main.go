// Command dump_registers prints the general registers and the stack of every
// thread of a process: go run ./examples/dump_registers pid.
//
// It is dump_process_registers by package task: the process is suspended while
// it is read and runs on whatever happens, rights and memory have owners, and
// the registers of either CPU family come by name.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/task"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dump_registers pid")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "dump_registers:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, arg string) error {
	pid, err := strconv.Atoi(arg)
	if err != nil {
		return fmt.Errorf("%q is no process number", arg)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	t, err := task.ForPID(ctx, pid)
	if err != nil {
		return err
	}
	defer t.Close()
	// Printing waits until the process runs again: w may be slow.
	var dumps []dump
	err = t.Suspended(ctx, func(context.Context) error {
		threads, err := t.Threads()
		if err != nil {
			return err
		}
		defer threads.Close()
		for _, th := range threads.All() {
			dumps = append(dumps, read(th))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, d := range dumps {
		d.print(w, i)
	}
	return nil
}

// dump is what a thread had in its registers, or why that is not known.
type dump struct {
	id        uint64
	label     string
	registers *task.Registers
	stack     []task.Frame
	err       error
}

func read(th *task.Thread) (d dump) {
	d.id, d.err = th.ID()
	if d.err != nil {
		return d
	}
	d.label, _ = th.Label()
	if d.registers, d.err = th.Registers(); d.err == nil {
		d.stack = d.registers.Stack(th.Task(), 64)
	}
	return d
}

func (d *dump) print(w io.Writer, n int) {
	fmt.Fprintf(w, "thread %d, number %d, %q\n", n, d.id, d.label)
	if d.err != nil {
		fmt.Fprintln(w, "   ", d.err)
		return
	}
	i := 0
	for name, v := range d.registers.All() {
		fmt.Fprintf(w, "%8s %016x", name, v)
		if i++; i%4 == 0 {
			fmt.Fprintln(w)
		}
	}
	if i%4 != 0 {
		fmt.Fprintln(w)
	}
	for i, f := range d.stack {
		fmt.Fprintf(w, "    #%-2d %016x\n", i, f.PC)
	}
}
