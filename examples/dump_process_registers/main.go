// Command dump_process_registers prints the registers of every thread of a
// process:
//
//	go run ./examples/dump_process_registers PID
//	go run ./examples/dump_process_registers -- COMMAND [ARGUMENT ...]
//
// The second form starts the process itself, and ends it afterwards: systems
// that let a program look into its own children only permit that. Without an
// argument it asks for a PID. The target is stopped for the moment and runs
// on afterwards, whatever happens in between.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/gomach/mach/hosted"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "dump_process_registers:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out, messages io.Writer) error {
	// The signals that would end this program end the dump instead: the way
	// out resumes the target. (A kill that cannot be caught resumes it too:
	// the system ends the suspensions of a task that dies.)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(stop)
	pid, started, err := choose(args, in, messages, stop)
	if err != nil {
		return err
	}
	states, err := interruptible(pid, stop)
	started.end()
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	print(w, pid, states)
	return w.Flush()
}

// grace is how long a dump that a signal ends may take to resume the target.
const grace = 250 * time.Millisecond

// interruptible is capture that a signal ends at any moment. A call that does
// not come back is left alone: the system resumes the target when this program
// ends.
func interruptible(pid int32, signals <-chan os.Signal) ([]registers, error) {
	type result struct {
		states []registers
		err    error
	}
	stop, done := make(chan os.Signal, 1), make(chan result, 1)
	go func() {
		states, err := capture(pid, stop)
		done <- result{states, err}
	}()
	select {
	case r := <-done:
		return r.states, r.err
	case s := <-signals:
		stop <- s
		select {
		case r := <-done:
			return r.states, r.err
		case <-time.After(grace):
			return nil, errInterrupted{s}
		}
	}
}

// choose finds the target, or starts it.
func choose(args []string, in io.Reader, messages io.Writer, stop <-chan os.Signal) (int32, *program, error) {
	if len(args) > 0 && args[0] == "--" {
		p, err := start(args[1:], in, messages, stop)
		if err != nil {
			return 0, nil, err
		}
		return p.pid(), p, nil
	}
	var text string
	switch len(args) {
	case 0:
		fmt.Fprint(messages, "PID: ")
		line, err := readLine(in, stop)
		if err != nil {
			return 0, nil, err
		}
		text = strings.TrimSpace(line)
	case 1:
		text = args[0]
	default:
		return 0, nil, errUsage
	}
	pid, err := strconv.ParseInt(text, 10, 32)
	if err != nil || pid <= 0 {
		return 0, nil, fmt.Errorf("%q is not a PID; %w", text, errUsage)
	}
	fmt.Fprintf(messages, "reading the registers of process %d\n", pid)
	return int32(pid), nil, nil
}

// readLine waits for a line or a signal.
func readLine(in io.Reader, stop <-chan os.Signal) (string, error) {
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n')
		lines <- line
	}()
	select {
	case line := <-lines:
		if line == "" {
			return "", errors.New("no PID was given")
		}
		return line, nil
	case s := <-stop:
		return "", errInterrupted{s}
	}
}
