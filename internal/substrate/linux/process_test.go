//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/cause"
)

func TestFiguresOfAProcess(t *testing.T) {
	x := startTarget(t, "park", "3")
	x.ready()
	s, err := x.p.Stat()
	if err != nil || s.PID != x.p.PID() || s.Comm != "target" || s.PPID != os.Getpid() || s.NumThreads != 4 || s.Incomplete {
		t.Errorf("%+v, %v", s, err)
	}
	if s.StartTime != x.p.StartTime() || s.StartTime == 0 {
		t.Error(s.StartTime, x.p.StartTime())
	}
	st, err := x.p.Status()
	if err != nil || st.TGID != x.p.PID() || st.PPID != os.Getpid() || st.UID[0] != uint32(os.Getuid()) ||
		st.GID[1] != uint32(os.Getegid()) || st.Threads != 4 || st.VMSize == 0 || st.Name != "target" {
		t.Errorf("%+v, %v", st, err)
	}
	m, err := x.p.Statm()
	if err != nil || m.Size*uint64(PageSize()) != s.VSize || m.Resident == 0 {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := x.p.IO(); err != nil {
		t.Error(err)
	}
	exe, err := x.p.Exe()
	if want := x.Cmd.Path; exe != want || err != nil {
		t.Error(exe, err)
	}
	args, err := x.p.Args()
	if err != nil || !slices.Equal(args[1:], []string{"park", "3"}) {
		t.Error(args, err)
	}
	env, err := x.p.Environ()
	if err != nil || !slices.Equal(env, os.Environ()) {
		t.Error(err)
	}
	tids, err := x.p.ThreadIDs(nil)
	if err != nil || len(tids) != 4 || tids[0] != x.p.PID() {
		t.Error(tids, err)
	}
	for _, tid := range tids {
		s, err := x.p.ThreadStat(tid)
		if err != nil || s.PID != tid || !x.p.HasThread(tid, s.StartTime) || x.p.HasThread(tid, s.StartTime+1) {
			t.Errorf("%+v, %v", s, err)
		}
	}
	eventually(t, "run time counts", func() bool {
		run, err := x.p.ThreadSchedstat(tids[1])
		return err == nil && run.Run > 0
	})
	pids, err := PIDs()
	if err != nil || !slices.Contains(pids, x.p.PID()) || !slices.Contains(pids, os.Getpid()) || !slices.IsSorted(pids) {
		t.Error(pids, err)
	}
}

func TestWaitForTheEnd(t *testing.T) {
	x := startTarget(t, "park", "1")
	x.ready()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := x.p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	done := make(chan error)
	go func() { done <- x.p.Wait(context.Background()) }()
	x.Cmd.Process.Kill()
	if err := <-done; err != nil {
		t.Error(err)
	}
	// It is a zombie now: ended, but still there.
	if !x.p.Exited() || !x.p.Alive() {
		t.Error(x.p.Exited(), x.p.Alive())
	}
	if s, err := x.p.Stat(); err != nil || s.State != 'Z' {
		t.Errorf("%c %v", s.State, err)
	}
	if z, err := Open(x.p.PID()); err != nil {
		t.Error("a zombie cannot be opened: ", err)
	} else {
		z.Close()
	}
	x.Cmd.Wait()
	if x.p.Alive() || !x.p.Exited() {
		t.Error(x.p.Exited(), x.p.Alive())
	}
	if _, err := x.p.Stat(); !isGone(err) {
		t.Error(err)
	}
	if _, err := x.p.ThreadIDs(nil); !isGone(err) {
		t.Error(err)
	}
	if err := x.p.Wait(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestProcessWithoutItsFirstThread(t *testing.T) {
	x := startTarget(t, "headless")
	x.ready()
	eventually(t, "the first thread ended", func() bool {
		s, err := x.p.Stat()
		return err == nil && s.State == 'Z'
	})
	if x.p.Exited() {
		t.Error("a thread still runs")
	}
	regs, err := x.tr.Dump(t.Context(), nil)
	if err != nil || len(regs) != 1 || regs[0].TID == x.p.PID() {
		t.Error(regs, err)
	}
	if _, err := x.tr.Registers(x.p.PID()); !isThreadGone(err) {
		t.Error(err)
	}
	if pid, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil || int(pid) != x.p.PID() {
		t.Error(pid, err)
	}
}

func TestCloseTwice(t *testing.T) {
	p, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.Close()
	if _, err := p.Stat(); err == nil {
		t.Error("Stat after Close succeeded")
	}
	x := startTarget(t, "park", "0")
	x.ready()
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.tr.Close()
	x.tr.Close()
	if got := x.states(); strings.ContainsAny(got, "tT") {
		t.Error(got)
	}
	if err := x.tr.Suspend(t.Context()); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// Threads that belong to tracers, and descriptors, must all come back.
func TestNothingLeaks(t *testing.T) {
	count := func() (threads, files int) {
		s, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(s), len(f)
	}
	x := startTarget(t, "park", "5")
	x.ready()
	use := func() {
		p, err := Open(x.p.PID())
		if err != nil {
			t.Fatal(err)
		}
		tr, err := p.Trace()
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Suspend(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.MappingAt(0)
		p.ReadAt(make([]byte, 1), 0)
		tr.Close()
		p.Close()
	}
	for range 20 {
		use()
	}
	threads, files := count()
	for range 200 {
		use()
	}
	eventually(t, "as many threads and files as before", func() bool {
		now, open := count()
		return now <= threads+3 && open <= files
	})
}

func TestNotPermitted(t *testing.T) {
	if os.Getuid() != 0 {
		p, err := Open(1)
		if err != nil {
			t.Skip(err)
		}
		defer p.Close()
		checkRefused(t, p)
		return
	}
	// As root: run this test again as nobody, against a root process.
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copied := "/tmp/substrate-nobody.test"
	data, err := os.ReadFile(exe)
	if err == nil {
		err = os.WriteFile(copied, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(copied)
	cmd := exec.Command(copied, "-test.run=^TestNotPermitted$", "-test.v")
	cmd.Dir = "/"
	cmd.SysProcAttr = asNobody()
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestNotPermitted") {
		t.Errorf("%v\n%s", err, out)
	}
}

func checkRefused(t *testing.T, p *Process) {
	if _, err := p.Stat(); err != nil {
		t.Error("stat is for everybody: ", err)
	}
	if !p.Alive() {
		t.Error("not alive")
	}
	tr, err := p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	for name, f := range map[string]func() error{
		"suspend":   func() error { return tr.Suspend(t.Context()) },
		"registers": func() error { _, err := tr.Registers(1); return err },
		"dump":      func() error { _, err := tr.Dump(t.Context(), nil); return err },
		"thread":    func() error { return tr.SuspendThread(1) },
		"handler":   func() error { return tr.SetHandler(func(Event) Action { return Deliver }, Watch{}) },
		"call":      func() error { return tr.Munmap(0, 0) },
		"read":      func() error { _, err := p.ReadAt(make([]byte, 1), 0x400000); return err },
		"write":     func() error { _, err := p.WriteAt(make([]byte, 1), 0x400000); return err },
		"maps": func() error {
			for _, err := range p.Maps() {
				return err
			}
			return nil
		},
		"mapping": func() error { _, _, err := p.MappingAt(0); return err },
		"smaps":   func() error { _, err := p.SmapsRollup(); return err },
		"pages":   func() error { _, err := p.Pages(make([]Page, 1), 0); return err },
		"exe":     func() error { _, err := p.Exe(); return err },
		"io":      func() error { _, err := p.IO(); return err },
	} {
		err := f()
		var e *Error
		if !errors.Is(err, ErrNotPermitted) || !errors.Is(err, os.ErrPermission) || !errors.As(err, &e) || e.Why.Kind == cause.Unknown {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Closing amid the other methods must give ErrClosed, and never another file.
func TestCloseAmidUse(t *testing.T) {
	x := startTarget(t, "mem")
	at := x.ready()
	for range 50 {
		p, err := Open(x.p.PID())
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for {
					var err error
					switch i {
					case 0:
						var s Stat
						if s, err = p.Stat(); err == nil && s.PID != x.p.PID() {
							t.Error("another process's stat")
						}
					case 1:
						_, err = p.WriteAt([]byte{1}, at+uint64(PageSize()))
					case 2:
						_, _, err = p.MappingAt(0)
					case 3:
						_, err = p.Pages(make([]Page, 1), at)
					}
					if err != nil && !isGone(err) && !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					if err != nil {
						return
					}
				}
			})
		}
		time.Sleep(time.Millisecond)
		p.Close()
		wg.Wait()
	}
}

// An exec that no tracer tells of must not leave us with files of the old
// address space.
func TestExecUnnoticed(t *testing.T) {
	x := startTarget(t, "exec")
	x.ready()
	m, found, err := x.p.MappingAt(0)
	if err != nil || !found {
		t.Fatal(err)
	}
	var b [1]byte
	if _, err := x.p.WriteAt(b[:], m.Start); err != nil { // through mem, as it is read-only
		t.Fatal(err)
	}
	if n, err := x.p.Pages(make([]Page, 1), m.Start); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	x.Ask("x")
	x.ready()
	m, found, err = x.p.MappingAt(0)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if _, err := x.p.WriteAt(b[:], m.Start); err != nil {
		t.Error(err)
	}
	page := make([]Page, 1)
	if n, err := x.p.Pages(page, m.Start); n != 1 || err != nil || !page[0].Present() {
		t.Error(n, err, page)
	}
	if runs, err := x.p.PageRuns(nil, m.Start, m.End); err != nil || len(runs) == 0 {
		t.Error(runs, err)
	}
}
