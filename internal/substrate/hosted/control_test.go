//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"
	"io/fs"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/cause"
)

// A process that has ended is told as ended, and never as one that may not be
// looked into: while its parent has not waited for it, when the kernel has closed
// it because it noticed, and afterwards.
func TestControlOfEndedTask(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	waited := false
	defer func() {
		if !waited {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}()
	pid := cmd.Process.Pid
	sub, err := substrate{}.OpenTask(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if err := sub.Control(); err != nil {
		t.Fatalf("while it runs: %v", err)
	}
	ended := func(when string) {
		t.Helper()
		cause.Clear(pid)
		if err := sub.Control(); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", when, err)
		}
		if why := cause.Of(pid); why == nil || why.Kind != cause.Ended {
			t.Errorf("%s, the cause is %v", when, why)
		}
	}
	cmd.Process.Kill()
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	ended("before its parent has waited")
	other, err := substrate{}.OpenTask(pid)
	if err == nil {
		other.Close()
		t.Error("a process that has ended is opened")
	}
	sub.Close()
	ended("closed before its parent has waited")
	cmd.Wait()
	waited = true
	ended("afterwards")
}
