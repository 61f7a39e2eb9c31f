// Command catch_crash sees a process crash before the process itself does: go
// run ./examples/catch_crash.
//
// It starts itself a second time, makes itself the handler of that process's
// exceptions, and lets it follow a nil pointer. It says what happened and
// passes the exception on, so that the process meets its fate, which in Go is a
// panic. On Darwin it takes root or the entitlement
// com.apple.security.cs.debugger.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/task"
)

const role = "CATCH_CRASH_ROLE"

func main() {
	if os.Getenv(role) != "" {
		crash(os.Stdin, os.Stdout)
		return
	}
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "catch_crash:", err)
		os.Exit(1)
	}
}

var nowhere *int

// crash waits for a line and then writes to nowhere.
func crash(in io.Reader, out io.Writer) {
	bufio.NewReader(in).ReadString('\n')
	defer func() { fmt.Fprintln(out, "the process itself:", recover()) }()
	*nowhere = 1
}

func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, self)
	child.Env = append(os.Environ(), role+"=crash")
	start, err := child.StdinPipe()
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

	var said []byte
	caught, err := catch(ctx, child.Process.Pid, func() error {
		if _, err := io.WriteString(start, "\n"); err != nil {
			return err
		}
		// To the end of the output, and no child.Wait while the process is
		// watched: on Linux, where package hosted traces it, that would take
		// the tracer's events away.
		said, err = io.ReadAll(out)
		return err
	})
	if err != nil {
		return err
	}
	for _, line := range caught {
		fmt.Fprintln(w, line)
	}
	_, err = w.Write(said)
	return err
}

// catch watches a process while f runs and says what it saw.
func catch(ctx context.Context, pid int, f func() error) (seen []string, err error) {
	t, err := task.ForPID(ctx, pid)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	server, err := exc.NewServer(func(_ context.Context, e *exc.Exception) error {
		seen = append(seen, describe(e))
		return exc.Pass
	})
	if err != nil {
		return nil, err
	}
	const crashes = mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_BAD_INSTRUCTION | mach.EXC_MASK_ARITHMETIC
	attachment, err := server.Attach(exc.Task(t), crashes, 0)
	if err != nil {
		server.Close()
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(ctx)
	}()
	err = f()
	attachment.Close()
	server.Close()
	<-done
	return seen, err
}

func describe(e *exc.Exception) string {
	if x, is := e.Detail().(exc.BadAccess); is {
		return fmt.Sprintf("caught %v: %v", e.Type, x)
	}
	return fmt.Sprintf("caught %v", e)
}
