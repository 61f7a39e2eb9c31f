package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
)

// child is a process that was started to be looked at.
type child struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// begin starts a program; the test's own with a mode is one of those in target.
func begin(path, mode string) (*child, error) {
	c := &child{Cmd: exec.Command(path)}
	c.Env = append(os.Environ(), "MACH_TEST_TARGET="+mode)
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if c.in, err = c.StdinPipe(); err != nil {
		return nil, err
	}
	return c, c.Start()
}

// started is begin for a test, at whose end the process is over.
func started(t *testing.T, path, mode string) *child {
	t.Helper()
	c, err := begin(path, mode)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.in.Close()
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return c
}

// line is the next that the process says, with its end.
func (c *child) line(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	return line
}
