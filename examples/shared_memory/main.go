// Command shared_memory has two processes work in the same memory: go run
// ./examples/shared_memory.
//
// It starts itself a second time, maps a memory entry into that process by its
// task port, and tells it where. The other process answers in the memory, and
// nothing is copied. On Darwin it takes root or the entitlement
// com.apple.security.cs.debugger to open another process's task; programs that
// work together send the entry in a message instead.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/task"
)

const (
	role = "SHARED_MEMORY_ROLE"
	size = 1 << 16
)

func main() {
	if os.Getenv(role) != "" {
		if err := other(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "shared_memory, the other process:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "shared_memory:", err)
		os.Exit(1)
	}
}

// other is told an address, and makes what stands there upper case.
func other(in io.Reader, out io.Writer) error {
	var addr uint64
	if _, err := fmt.Fscan(in, &addr); err != nil {
		return err
	}
	text, err := task.Self().CString(addr, size)
	if err != nil {
		return err
	}
	if _, err := task.Self().WriteMemory(bytes.ToUpper([]byte(text)), addr); err != nil {
		return err
	}
	fmt.Fprintln(out, "done")
	return nil
}

func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	memory, err := task.NewSharedMemory(size)
	if err != nil {
		return err
	}
	defer memory.Close()
	here, err := memory.Map(task.Self(), 0, size, mach.VM_PROT_READ|mach.VM_PROT_WRITE)
	if err != nil {
		return err
	}
	defer here.Close()
	copy(here.Bytes(), "written by the first process\x00")

	exe, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, exe)
	c.Env = append(os.Environ(), role+"=other")
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	defer c.Wait()
	defer in.Close()
	t, err := task.ForPID(ctx, c.Process.Pid)
	if err != nil {
		return err
	}
	defer t.Close()
	there, err := memory.Map(t, 0, size, mach.VM_PROT_READ|mach.VM_PROT_WRITE)
	if err != nil {
		return err
	}
	defer there.Relinquish() // it goes with the process
	fmt.Fprintln(in, there.Address())
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("the other process said %q: %w", line, err)
	}
	text, _, _ := bytes.Cut(here.Bytes(), []byte{0})
	fmt.Fprintf(w, "in the shared memory: %s\n", text)
	return nil
}
