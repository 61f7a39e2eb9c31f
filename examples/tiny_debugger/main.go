// Command tiny_debugger stops a process at a function, steps through it, and
// changes what it does: go run ./examples/tiny_debugger.
//
// It starts itself a second time as the process to be debugged. On Darwin it
// takes root or the entitlement com.apple.security.cs.debugger.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gomach/mach/exc"
	_ "github.com/gomach/mach/hosted"
)

const role = "TINY_DEBUGGER_ROLE"

func main() {
	if os.Getenv(role) != "" {
		target()
		return
	}
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tiny_debugger:", err)
		os.Exit(1)
	}
}

//go:noinline
func square(n int) int { return n * n }

const calls = 3

// target says where its function is, waits for a line, and calls it.
func target() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	fmt.Println(reflect.ValueOf(square).Pointer())
	bufio.NewReader(os.Stdin).ReadString('\n')
	for i := range calls {
		fmt.Println("square of", i+2, "is", square(i+2))
	}
}

func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, self)
	// Go's runtime interrupts a goroutine that runs for long by a signal, and
	// has it go elsewhere first: that would end a step in the wrong place.
	child.Env = append(os.Environ(), role+"=target", "GODEBUG=asyncpreemptoff=1")
	in, err := child.StdinPipe()
	if err != nil {
		return err
	}
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	defer child.Wait()
	defer child.Process.Kill()
	lines := bufio.NewScanner(out)
	lines.Scan()
	address, err := strconv.ParseUint(lines.Text(), 10, 64)
	if err != nil {
		return err
	}

	d, err := exc.Debug(ctx, child.Process.Pid)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.SetBreakpoint(ctx, address); err != nil {
		return err
	}
	if _, err := io.WriteString(in, "\n"); err != nil {
		return err
	}
	if err := follow(ctx, w, d); err != nil {
		return err
	}
	for lines.Scan() {
		fmt.Fprintln(w, strings.TrimSpace(lines.Text()))
	}
	return child.Wait()
}

// follow stops at the breakpoint as often as it is reached. The second time it
// steps, and the third time it changes the argument.
func follow(ctx context.Context, w io.Writer, d *exc.Debugger) error {
	for i := range calls {
		stop, err := d.Wait(ctx)
		if err != nil {
			return err
		}
		regs, err := stop.Thread.Registers()
		if err != nil {
			return err
		}
		first := &regs.X86.Rax // where Go passes the first argument
		if runtime.GOARCH == "arm64" {
			first = &regs.ARM.X[0]
		}
		fmt.Fprintf(w, "stopped at %v, argument %d\n", stop.Reason, *first)
		switch i {
		case 1:
			if stop, err = d.Step(ctx); err != nil {
				return err
			}
			fmt.Fprintf(w, "%v one instruction\n", stop.Reason)
		case 2:
			*first = 100
			if err := stop.Thread.SetRegisters(regs); err != nil {
				return err
			}
			fmt.Fprintln(w, "the argument is 100 now")
		}
		if err := d.Continue(ctx); err != nil {
			return err
		}
	}
	return nil
}
