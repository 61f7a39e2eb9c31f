//go:build linux && (amd64 || arm64)

package machkern

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

// task is the guest of this process.
type task struct {
	guest *Guest
	p     *proc.Process
	start time.Time

	mu      sync.Mutex
	threads map[int]*thread // by their unique ids
	dead    time.Duration   // CPU time of threads that ended

	// What new threads begin with, see NewThreads; only on the processor's goroutine.
	begin  []uint32
	flavor mach.ThreadStateFlavor
}

func newTask(g *Guest, p *proc.Process) *task {
	return &task{guest: g, p: p, start: time.Now(), threads: map[int]*thread{}}
}

// know makes a thread known without asking the processor.
func (t *task) know(th *proc.Thread) *thread {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.threads[int(th.UniqueID())]
	if known == nil {
		known = &thread{t: th}
		t.threads[int(th.UniqueID())] = known
	}
	return known
}

// known is a thread that know has made known, or nil.
func (t *task) known(id int) *thread {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.threads[id]
}

func (t *task) forget(th *proc.Thread) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.threads, int(th.UniqueID()))
	t.dead += th.CPUTime()
}

// NewThreads implements core.Beginner.
func (t *task) NewThreads(flavor mach.ThreadStateFlavor, words []uint32) (err error) {
	t.p.Sync(func() {
		if words != nil {
			if t.CPU() == mach.CPU_TYPE_ARM64 {
				var s mach.ARMDebugState64
				copy(wordsOf(&s), words)
				_, err = armWatches(&s)
			} else {
				var s mach.X86DebugState64
				copy(wordsOf(&s), words)
				_, err = x86Watches(&s)
			}
		}
		if err == nil {
			t.begin, t.flavor = words, flavor
		}
	})
	return err
}

// threadMade has a new thread begin as NewThreads said.
func (t *task) threadMade(th *proc.Thread) {
	if t.begin == nil {
		return
	}
	made := t.know(th)
	if t.CPU() == mach.CPU_TYPE_ARM64 {
		_ = made.setARMState(t.flavor, t.begin) // xnu ignores it as well
	} else {
		_ = made.setX86State(t.flavor, t.begin)
	}
}

func (t *task) PID() int                  { return os.Getpid() }
func (t *task) Self() bool                { return false } // nothing is different for the caller itself
func (t *task) Control() error            { return nil }
func (t *task) Memory() core.AddressSpace { return space{t.p} }
func (t *task) Close() error              { return nil }

// DyldInfo says where the list of images is (TASK_DYLD_INFO).
func (t *task) DyldInfo() (addr, size uint64) { return t.p.ImageInfos, proc.ImageInfosSize }

func (t *task) CPU() mach.CPUType {
	if t.p.Arch == cpu.ARM64 {
		return mach.CPU_TYPE_ARM64
	}
	return mach.CPU_TYPE_X86_64
}

func (t *task) Threads() (ids []int, err error) {
	t.p.Sync(func() {
		for _, th := range t.p.Threads() {
			t.know(th)
			ids = append(ids, int(th.UniqueID()))
		}
	})
	return ids, nil
}

func (t *task) OpenThread(id int) (core.ThreadSub, error) {
	th, err := t.open(id)
	if err != nil {
		return nil, err
	}
	return th, nil
}

func (t *task) open(id int) (*thread, error) {
	t.mu.Lock()
	th := t.threads[id]
	t.mu.Unlock()
	if th == nil {
		if _, err := t.Threads(); err != nil {
			return nil, err
		}
		t.mu.Lock()
		th = t.threads[id]
		t.mu.Unlock()
	}
	if th == nil {
		return nil, fs.ErrNotExist
	}
	return th, nil
}

// Suspend stops the guest's threads, not its runner.
func (t *task) Suspend() error {
	t.p.Sync(t.p.Hold)
	return nil
}

func (t *task) Resume() error {
	t.p.Sync(t.p.Release)
	return nil
}

func (t *task) Terminate() error {
	t.p.Kill(proc.SIGKILL)
	return nil
}

// Wait: the kernel does not outlive its guest.
func (t *task) Wait(done <-chan struct{}) { <-done }

// Usage has the guest's figures where they are known, else the runner's.
func (t *task) Usage() (core.Usage, error) {
	var self syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &self) // the guest has no faults of its own
	u := core.Usage{
		Name: filepath.Base(t.p.Path), PPID: os.Getppid(), UID: os.Geteuid(), GID: os.Getegid(), RUID: os.Getuid(), RGID: os.Getgid(),
		Start:       t.start,
		MinorFaults: uint64(self.Minflt), MajorFaults: uint64(self.Majflt), CtxSwitches: uint64(self.Nvcsw + self.Nivcsw),
		SixtyFour: true, ResidentPeak: uint64(self.Maxrss) << 10,
	}
	t.mu.Lock()
	u.DeadUser, u.Threads = t.dead, 0
	t.mu.Unlock()
	t.p.Sync(func() {
		for _, th := range t.p.Threads() {
			u.User += th.CPUTime()
			u.Threads++
		}
	})
	s := space{t.p}
	for _, r := range t.p.Space.Regions() {
		u.Virtual += r.End - r.Start
		c := core.Region{Start: r.Start, End: r.End, Shared: r.Shared}
		_ = s.StatRegion(&c)
		u.Resident += c.Resident * s.PageSize()
	}
	u.Anonymous = u.Resident
	u.ResidentPeak = max(u.ResidentPeak, u.Resident)
	return u, nil
}
