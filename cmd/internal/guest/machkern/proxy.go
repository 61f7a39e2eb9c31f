//go:build linux && (amd64 || arm64)

package machkern

import (
	"io/fs"
	"iter"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/cmd/internal/guest/wire"
	"github.com/gomach/mach/internal/kernel/core"
)

// proxyTask is a guest of another runner: what task is there. Once its connection has ended
// everything fails with fs.ErrNotExist.
type proxyTask struct {
	c     *wire.Conn
	pid   int
	fd    int // its pidfd, or -1
	arch  mach.CPUType
	space *proxySpace
}

func newProxyTask(c *wire.Conn, pid int, h hello) *proxyTask {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		fd = -1
	}
	return &proxyTask{c: c, pid: pid, fd: fd, arch: h.CPU, space: &proxySpace{c: c, page: h.PageSize}}
}

func (t *proxyTask) PID() int                  { return t.pid }
func (t *proxyTask) Self() bool                { return false }
func (t *proxyTask) CPU() mach.CPUType         { return t.arch }
func (t *proxyTask) Memory() core.AddressSpace { return t.space }
func (t *proxyTask) Close() error              { return nil }

func (t *proxyTask) Control() error {
	select {
	case <-t.c.Closed():
		return wire.ErrClosed
	default:
		return nil
	}
}

func (t *proxyTask) Threads() ([]int, error) {
	o, err := ask(t.c, threads(0))
	return o.IDs, err
}

func (t *proxyTask) OpenThread(id int) (core.ThreadSub, error) {
	if _, err := ask(t.c, openThread{id}); err != nil {
		return nil, err
	}
	return proxyThread{t.c, id}, nil
}

func (t *proxyTask) hold(on bool) error {
	_, err := ask(t.c, hold{on})
	return err
}

func (t *proxyTask) Suspend() error { return t.hold(true) }

func (t *proxyTask) Resume() error { return letGo(t.c, hold{false}) }

// letGo asks for something after which the guest may end before its runner has answered: then
// it has been done.
func letGo(c *wire.Conn, q toGuest) error {
	select {
	case <-c.Closed():
		return fs.ErrNotExist
	default:
	}
	_, err := ask(c, q)
	if err != nil {
		select {
		case <-c.Closed():
			return nil
		default:
		}
	}
	return err
}

// Terminate does not need the guest's runner to take part.
func (t *proxyTask) Terminate() error {
	if err := t.Control(); err != nil {
		return err
	}
	if t.fd < 0 {
		return unix.Kill(t.pid, unix.SIGKILL)
	}
	return unix.PidfdSendSignal(t.fd, unix.SIGKILL, nil, 0)
}

func (t *proxyTask) Wait(done <-chan struct{}) {
	select {
	case <-t.c.Closed():
	case <-done:
	}
}

// NewThreads implements core.Beginner.
func (t *proxyTask) NewThreads(flavor mach.ThreadStateFlavor, words []uint32) error {
	_, err := ask(t.c, newThreads{flavor, words})
	return err
}

// release gives back what the task has of the system once its connection has ended.
func (t *proxyTask) release() {
	if t.fd >= 0 {
		_ = unix.Close(t.fd)
	}
}

func (t *proxyTask) DyldInfo() (addr, size uint64) {
	if o, err := ask(t.c, imageInfos(0)); err == nil {
		return o.N, proc.ImageInfosSize
	}
	return 0, 0
}

func (t *proxyTask) Usage() (core.Usage, error) {
	o, err := ask(t.c, usage(0))
	if err != nil || o.Usage == nil {
		return core.Usage{}, err
	}
	return *o.Usage, nil
}

// proxyThread is a thread of such a guest.
type proxyThread struct {
	c  *wire.Conn
	id int
}

func (t proxyThread) op(op threadOp, f mach.ThreadStateFlavor, words []uint32) (outcome, error) {
	return ask(t.c, onThread{Thread: t.id, Op: op, Flavor: f, Words: words})
}

func (t proxyThread) Suspend() error {
	_, err := t.op(threadSuspend, 0, nil)
	return err
}

func (t proxyThread) Resume() error { return letGo(t.c, onThread{Thread: t.id, Op: threadResume}) }

func (t proxyThread) Abort() error { return letGo(t.c, onThread{Thread: t.id, Op: threadAbort}) }

func (t proxyThread) Terminate() error {
	return letGo(t.c, onThread{Thread: t.id, Op: threadTerminate})
}

func (t proxyThread) GetState(f mach.ThreadStateFlavor) ([]uint32, error) {
	o, err := t.op(threadGetState, f, nil)
	return o.Words, err
}

func (t proxyThread) SetState(f mach.ThreadStateFlavor, words []uint32) error {
	_, err := t.op(threadSetState, f, words)
	return err
}

func (t proxyThread) Usage() (core.ThreadUsage, error) {
	o, err := t.op(threadUsage, 0, nil)
	if err != nil || o.Thread == nil {
		return core.ThreadUsage{}, err
	}
	return *o.Thread, nil
}

// proxySpace is the address space of such a guest.
type proxySpace struct {
	c    *wire.Conn
	page uint64

	mu     sync.Mutex
	lo, hi uint64 // 0 until asked for
}

// proxyMemory is the guest's memory as its pointer arguments mean it.
type proxyMemory struct{ c *wire.Conn }

func (m proxyMemory) ReadAt(p []byte, addr uint64) (int, error) {
	return readGuest(m.c, p, addr, asUser)
}
func (m proxyMemory) WriteAt(p []byte, addr uint64) (int, error) {
	return writeGuest(m.c, p, addr, asUser)
}

// mostAtOnce is how much memory goes into one message.
const mostAtOnce = 1 << 20

func readGuest(c *wire.Conn, p []byte, addr uint64, as rules) (n int, err error) {
	for n < len(p) {
		some := min(len(p)-n, mostAtOnce)
		o, err := ask(c, readMemory{addr + uint64(n), uint64(some), as})
		n += copy(p[n:n+some], o.Bytes)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func writeGuest(c *wire.Conn, p []byte, addr uint64, as rules) (n int, err error) {
	for n < len(p) {
		some := min(len(p)-n, mostAtOnce)
		o, err := ask(c, writeMemory{addr + uint64(n), p[n : n+some], as})
		n += int(o.N)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *proxySpace) ReadAt(p []byte, addr uint64) (int, error) {
	return readGuest(s.c, p, addr, asKernel)
}

func (s *proxySpace) WriteAt(p []byte, addr uint64) (int, error) {
	return writeGuest(s.c, p, addr, asKernel)
}

// WriteAtChecked implements core.CheckedWriter.
func (s *proxySpace) WriteAtChecked(p []byte, addr uint64) (int, error) {
	return writeGuest(s.c, p, addr, asChecked)
}

func (s *proxySpace) PageSize() uint64 { return s.page }

func (s *proxySpace) Bounds() (lo, hi uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hi == 0 {
		if o, err := ask(s.c, bounds(0)); err == nil && len(o.Regions) == 1 {
			s.lo, s.hi = o.Regions[0].Start, o.Regions[0].End
		}
	}
	return s.lo, s.hi
}

// Regions asks for more of them at once the more are wanted.
func (s *proxySpace) Regions(addr uint64) iter.Seq2[core.Region, error] {
	return func(yield func(core.Region, error) bool) {
		for most := 1; ; most = min(4*most, 256) {
			o, err := ask(s.c, regions{addr, most})
			if err != nil {
				yield(core.Region{}, err)
				return
			}
			for _, r := range o.Regions {
				if !yield(r, nil) {
					return
				}
				addr = r.End
			}
			if len(o.Regions) < most {
				return
			}
		}
	}
}

func (s *proxySpace) Map(m core.Mapping) (uint64, error) {
	var files []*os.File
	if m.File != nil {
		files = []*os.File{m.File}
	}
	o, err := ask(s.c, mapMemory{
		Addr: m.Addr, Size: m.Size, Mask: m.Mask, Fixed: m.Fixed, Overwrite: m.Overwrite, Shared: m.Shared, Prot: m.Prot, Offset: m.Offset,
	}, files...)
	return o.N, err
}

func (s *proxySpace) on(r onRange) error {
	_, err := ask(s.c, r)
	return err
}

func (s *proxySpace) Unmap(addr, size uint64) error {
	return s.on(onRange{Op: rangeUnmap, Addr: addr, Size: size})
}

func (s *proxySpace) Protect(addr, size uint64, prot mach.VMProt) error {
	return s.on(onRange{Op: rangeProtect, Addr: addr, Size: size, Value: uint64(prot)})
}

func (s *proxySpace) Advise(addr, size uint64, a core.Advice) error {
	return s.on(onRange{Op: rangeAdvise, Addr: addr, Size: size, Value: uint64(a)})
}

func (s *proxySpace) Sync(addr, size uint64, f mach.VMSync) error {
	return s.on(onRange{Op: rangeSync, Addr: addr, Size: size, Value: uint64(f)})
}

func (s *proxySpace) Lock(addr, size uint64, lock bool) error {
	r := onRange{Op: rangeLock, Addr: addr, Size: size}
	if lock {
		r.Value = 1
	}
	return s.on(r)
}

func (s *proxySpace) Pages(addr uint64, n int) ([]uint32, error) {
	o, err := ask(s.c, pagesOf{addr, n})
	return o.Words, err
}

// StatRegion implements core.RegionStatter.
func (s *proxySpace) StatRegion(r *core.Region) error {
	o, err := ask(s.c, countRegion{*r})
	if err == nil && len(o.Regions) == 1 {
		*r = o.Regions[0]
	}
	return err
}

// Freeze implements core.Freezer.
func (s *proxySpace) Freeze(f func() error) error {
	if _, err := ask(s.c, hold{true}); err != nil {
		return err
	}
	defer func() { _, _ = ask(s.c, hold{false}) }()
	return f()
}
