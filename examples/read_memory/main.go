// Command read_memory dumps a piece of a process's memory: go run
// ./examples/read_memory pid address size. Without arguments it reads a string
// of its own, to show the form.
//
// It takes a snapshot of the pages, so that what it prints is of one moment,
// and says which region the piece lies in. Where a part cannot be read, it dumps
// what comes before.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/task"
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "read_memory:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, args []string) error {
	switch len(args) {
	case 0:
		return demo(w)
	case 3:
	default:
		return errors.New("usage: read_memory [pid address size]")
	}
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	addr, err := strconv.ParseUint(args[1], 0, 64)
	if err != nil {
		return err
	}
	size, err := strconv.ParseUint(args[2], 0, 31)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	t, err := task.ForPID(ctx, pid)
	if err != nil {
		return err
	}
	defer t.Close()
	return dump(w, t, addr, size)
}

// demo dumps memory of its own.
func demo(w io.Writer) error {
	x, err := task.Self().Allocate(mach.VMPageSize(), mach.VM_MEMORY_APPLICATION_SPECIFIC_1)
	if err != nil {
		return err
	}
	defer x.Close()
	n := copy(x.Bytes(), "Memory of a task, read through its port.")
	return dump(w, task.Self(), x.Address(), uint64(n))
}

func dump(w io.Writer, t *task.Task, addr, size uint64) error {
	r, err := t.RegionAt(addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, &r)
	s, err := t.ReadMapped(addr, size)
	if err == nil {
		defer s.Close()
		return print(w, s.Bytes())
	}
	// A snapshot is of all or nothing: read what can be read.
	b := make([]byte, size)
	n, err := t.ReadMemory(b, addr)
	return errors.Join(print(w, b[:n]), err)
}

func print(w io.Writer, b []byte) error {
	_, err := io.WriteString(w, hex.Dump(b))
	return err
}
