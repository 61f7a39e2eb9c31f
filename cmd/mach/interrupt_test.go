//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// A signal ends what lasts, with 130, and the process that is looked at runs on
// (mach help exit-codes).
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		sig  syscall.Signal
		args []string
	}{
		{syscall.SIGINT, []string{"regs", "PID", "--watch", "--interval", "1h"}},
		{syscall.SIGTERM, []string{"regs", "PID", "--watch", "--interval", "1ms"}},
		{syscall.SIGINT, []string{"exc", "watch", "PID"}},
		{syscall.SIGTERM, []string{"exc", "watch", "PID", "--follow"}},
		{syscall.SIGINT, []string{"core", "PID", "--exception", "-o", "never"}},
		{syscall.SIGINT, []string{"vmstat", "10ms"}},
		{syscall.SIGINT, []string{"cpu", "10ms"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			target := started(t, os.Args[0], "crash")
			if line := target.line(t); line != "ready\n" {
				t.Fatalf("the target said %q", line)
			}
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := &exec.Cmd{Path: self, Args: []string{"mach"}, Dir: t.TempDir()} // by that name it is the program
			for _, a := range c.args {
				cmd.Args = append(cmd.Args, strings.ReplaceAll(a, "PID", fmt.Sprint(target.Process.Pid)))
			}
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			cmd.Stdout, cmd.Stderr = w, w
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			w.Close()
			out := bufio.NewReader(r)
			if line, err := out.ReadString('\n'); err != nil { // it is at work
				t.Errorf("%q, %v", line, err)
			}
			if err := cmd.Process.Signal(c.sig); err != nil {
				t.Error(err)
			}
			said, _ := io.ReadAll(out)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("%v\n%s", cmd.ProcessState, said)
			}
			fmt.Fprintln(target.in, "now")
			if line := target.line(t); !strings.HasPrefix(line, "over: ") {
				t.Errorf("the target said %q", line)
			}
		})
	}
}
