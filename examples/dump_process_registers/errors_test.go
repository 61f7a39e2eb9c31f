//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gomach/mach"
)

func TestMissingPID(t *testing.T) {
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Skip(err)
	}
	pid := strconv.Itoa(cmd.Process.Pid) // it has ended, and was waited for
	out, err := dumper(t, pid).CombinedOutput()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("exit: %v", err)
	}
	if want := "process " + pid + ": no such process"; !strings.Contains(string(out), want) {
		t.Errorf("it said %q, want %q", out, want)
	}
}

func TestZombie(t *testing.T) {
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer cmd.Wait()
	eventually(t, "the child is a zombie", func() bool { return strings.HasPrefix(statusOf(cmd.Process.Pid, "State"), "Z") })
	if _, err := capture(int32(cmd.Process.Pid), nil); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("err = %v", err)
	}
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"0"}, {"-1"}, {"99999999999"}, {"1", "2"}} {
		if err := run(args, nil, io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
	if err := run(nil, strings.NewReader(""), io.Discard, io.Discard); err == nil {
		t.Error("no PID: no error")
	}
	if err := run([]string{strconv.Itoa(os.Getpid())}, nil, io.Discard, io.Discard); err == nil {
		t.Error("the own PID: no error")
	}
}

// TestOrdinaryUser looks at root's process as nobody.
func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run the dumper as somebody else")
	}
	x := startTarget(t, "park")
	cmd := dumper(t, strconv.Itoa(int(x.pid())))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("it was let in")
	}
	for _, want := range []string{"not permitted", "root"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it said %q, which lacks %q", out, want)
		}
	}
	x.lives()
}

func TestProcessGoneHalfWay(t *testing.T) {
	broken := 0
	for range 10 {
		x := startTarget(t, "many", "300")
		cmd := dumper(t, strconv.Itoa(int(x.pid())))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = io.Discard, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for x.status("TracerPid") == "0" && cmd.ProcessState == nil && running(cmd) {
		}
		x.cmd.Process.Kill()
		err := cmd.Wait()
		if err == nil {
			continue // the dump was through
		}
		broken++
		if !strings.Contains(out.String(), "ended while it was being dumped") && !strings.Contains(out.String(), "no such process") {
			t.Fatalf("it said %q", &out)
		}
	}
	if broken == 0 {
		t.Error("no dump was broken off")
	}
}

// running tells whether the command has not ended.
func running(cmd *exec.Cmd) bool {
	s := statusOf(cmd.Process.Pid, "State")
	return s != "" && !strings.HasPrefix(s, "Z")
}

func TestThreadGoneInBetween(t *testing.T) {
	x := startTarget(t, "leave")
	self := mach.MachTaskSelf()
	var task mach.MachPort
	if err := mach.TaskForPID(self, x.pid(), &task); err != nil {
		t.Fatal(err)
	}
	defer mach.MachPortDeallocate(self, task)
	threads, release, err := listThreads(task)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if len(threads) != 3 {
		t.Fatalf("%d threads", len(threads))
	}
	io.WriteString(x.in, "x") // the second thread ends
	eventually(t, "the thread has ended", func() bool { return x.status("Threads") == "2" })
	r := read(threads[1])
	var out bytes.Buffer
	r.print(&out, 1)
	if r.err == nil || !strings.Contains(out.String(), "ended while the process was being dumped") {
		t.Errorf("%v: %q", r.err, &out)
	}
	for _, i := range []int{0, 2} {
		if r := read(threads[i]); r.err != nil {
			t.Errorf("thread %d: %v", i, r.err)
		}
	}
}

// A process whose first thread has ended goes on with the others
// (pthread_exit(3)), and is dumped like any other; /proc/PID/stat calls it a
// zombie.
func TestFirstThreadEnded(t *testing.T) {
	x := startTarget(t, "headless")
	eventually(t, "the first thread has ended", func() bool { return strings.HasPrefix(x.status("State"), "Z") })
	states, err := capture(x.pid(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// alpha, beta, and those that read and beat.
	if len(states) != 4 {
		t.Errorf("%d threads", len(states))
	}
	for i := range states {
		if states[i].err != nil || states[i].id == uint64(x.pid()) {
			t.Errorf("thread %d (id %d): %v", i, states[i].id, states[i].err)
		}
	}
	x.lives()
}
