//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gomach/mach/internal/abi/gotool"
	"github.com/gomach/mach/internal/substrate/linux"
)

// TestInterruptedInACall ends a dumper that a call keeps waiting: of a process
// in an execve that another tracer holds up, since it does not reap one of its
// threads.
func TestInterruptedInACall(t *testing.T) {
	gotool.CompilerForTest(t)
	path := filepath.Join(dir, "execer")
	out, err := exec.Command("gcc", "-O1", "-pthread", "-o", path, "../../internal/substrate/linux/testdata/target.c").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) { interruptInExec(t, path, signal) })
	}
}

func interruptInExec(t *testing.T, path string, signal syscall.Signal) {
	target := exec.Command(path, "exec", "1")
	in, err := target.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := target.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	pid := target.Process.Pid
	t.Cleanup(func() {
		target.Process.Kill()
		target.Wait()
	})
	lines := bufio.NewScanner(pipe)
	lines.Scan() // ready

	p, err := linux.Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	tids, err := p.ThreadIDs(nil)
	if err != nil || len(tids) != 3 {
		t.Fatal(tids, err)
	}
	other, err := p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	held, hold := make(chan struct{}), make(chan struct{})
	let := sync.OnceFunc(func() { close(hold) })
	defer let()
	go other.With(tids[2], func(*linux.Stopped) error {
		close(held)
		<-hold
		return nil
	})
	<-held
	io.WriteString(in, "x")
	eventually(t, "the execve waits", func() bool {
		s, err := p.ThreadStat(tids[1])
		return err == nil && s.State == 'D' && p.EndedThread(tids[2])
	})

	cmd := dumper(t, strconv.Itoa(pid))
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer cmd.Process.Kill()
	// It waits in ptrace for the execve: some thread of it is in the call.
	eventually(t, "the dumper waits", func() bool { return attaching(cmd.Process.Pid) })
	cmd.Process.Signal(signal)
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(said.String(), "stopped by "+signal.String()) {
			t.Errorf("it ended with %v, %q", err, &said)
		}
	case <-time.After(8 * time.Second):
		t.Error("the signal does not end it")
	}
	let()
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "ready") {
		t.Errorf("the new program says %q", lines.Text())
	}
}

// attaching tells whether a thread of a process is in ptrace.
func attaching(pid int) bool {
	files, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/syscall")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		if strings.HasPrefix(string(text), strconv.Itoa(syscall.SYS_PTRACE)+" ") {
			return true
		}
	}
	return false
}
