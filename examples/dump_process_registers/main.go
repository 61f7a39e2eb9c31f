// Command dump_process_registers prints the registers of every thread of a
// process:
//
//	go run ./examples/dump_process_registers [PID]
//
// Without a PID it asks for one. The target is stopped for the moment and runs
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

	_ "github.com/gomach/mach/hosted"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "dump_process_registers:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out, prompt io.Writer) error {
	pid, err := choose(args, in, prompt)
	if err != nil {
		return err
	}
	// The signals that would end this program end the dump instead: the way
	// out resumes the target. (A kill that cannot be caught resumes it too:
	// the system ends the suspensions of a task that dies.)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	states, err := capture(pid, stop)
	signal.Stop(stop)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	print(w, pid, states)
	return w.Flush()
}

func choose(args []string, in io.Reader, prompt io.Writer) (int32, error) {
	var text string
	switch len(args) {
	case 0:
		fmt.Fprint(prompt, "PID: ")
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && line == "" {
			return 0, errors.New("no PID was given")
		}
		text = strings.TrimSpace(line)
	case 1:
		text = args[0]
	default:
		return 0, errors.New("usage: dump_process_registers [PID]")
	}
	pid, err := strconv.ParseInt(text, 10, 32)
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("%q is not a PID", text)
	}
	return int32(pid), nil
}
