//go:build linux && (amd64 || arm64)

package linux

import (
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRemoteGetpid(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	time.Sleep(50 * time.Millisecond)
	p, err := Open(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	tr, err := p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	begin := time.Now()
	pid, err := tr.Syscall(0, unix.SYS_GETPID)
	t.Log(pid, err, time.Since(begin))
	if int(pid) != p.PID() {
		t.Errorf("getpid in %d gave %d, %v", p.PID(), pid, err)
	}
	at, err := tr.Mmap(0, 8192, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0)
	t.Logf("%x %v", at, err)
	if n, err := p.WriteAt([]byte("hello"), at); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if err := tr.Munmap(at, 8192); err != nil {
		t.Error(err)
	}
}
