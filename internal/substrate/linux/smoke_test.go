//go:build linux && (amd64 || arm64)

package linux

import (
	"os/exec"
	"testing"
	"time"
)

func TestDumpSleep(t *testing.T) {
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
	regs, err := tr.Dump(nil)
	t.Log(time.Since(begin), err)
	for _, r := range regs {
		t.Logf("%d %#x", r.TID, r.Registers.PC())
	}
	if err := tr.Suspend(); err != nil {
		t.Fatal(err)
	}
	s, _ := p.Stat()
	t.Logf("%c", s.State)
	if err := tr.Resume(); err != nil {
		t.Fatal(err)
	}
	s, _ = p.Stat()
	t.Logf("%c", s.State)
	for m, err := range p.Maps() {
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%x-%x %v %s", m.Start, m.End, m.Perm, m.Path)
	}
}
