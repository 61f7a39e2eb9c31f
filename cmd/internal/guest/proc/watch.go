//go:build linux && (amd64 || arm64)

package proc

import (
	"runtime"
	"slices"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// Watch is memory that stops a thread which accesses it: on arm64 before the
// instruction, on amd64 behind it, as the processors do. Only instructions of the guest
// count, not what libSystem does in its calls.
type Watch struct {
	Address, Size uint64 // Size 0: nothing is watched
	Access        cpu.Prot
}

// SetWatches sets what is watched for a thread. A fault of kind cpu.StopWatch tells of
// an access, with a bit for each that it met in Code. Only on the processor's goroutine.
func (t *Thread) SetWatches(list []Watch) {
	t.watches = slices.Clone(list)
	t.Process.hideWatched()
}

// hideWatched has each access to a page with something that is watched be a fault. A
// forked child has no watchpoints, as the kernel gives it none of its parent's.
func (p *Process) hideWatched() {
	var all []mem.Range
	if p.child == nil {
		for _, t := range p.threads {
			for _, w := range t.watches {
				if end := w.Address + w.Size; w.Size > 0 {
					if end < w.Address {
						end = ^uint64(0)
					}
					all = append(all, mem.Range{Start: w.Address, End: end})
				}
			}
		}
	}
	p.watching = len(all) > 0
	p.Space.Watch(all)
}

// accessWatched lets a thread execute an instruction that accesses a page with something
// that is watched.
func (s *scheduler) accessWatched(t *Thread) (ev cpu.Event, err error) {
	hit := cpu.Event{Stop: cpu.StopWatch}
	ahead := s.p.Arch == cpu.ARM64
	s.p.Space.LiftWatch(func() {
		ev, _, err = s.p.Machine.StepObserved(&t.ctx, s.p.peek, func(list []cpu.Access) bool {
			for _, a := range list {
				if slots := t.watchedBy(a); slots != 0 {
					if hit.Code == 0 {
						hit.Address, hit.Access = a.Address, a.Kind
					}
					hit.Code |= slots
				}
			}
			return ahead && hit.Code != 0
		})
	})
	if err == nil && (ev.Stop == cpu.StopWatch || ev.Stop == cpu.StopStep) && hit.Code != 0 {
		return hit, nil
	}
	return ev, err
}

// watchedBy is the set of the watchpoints that an access meets.
func (t *Thread) watchedBy(a cpu.Access) (slots uint32) {
	for i, w := range t.watches {
		if w.Size > 0 && w.Access&a.Kind != 0 && a.Address < w.Address+w.Size && w.Address < a.Address+a.Size {
			slots |= 1 << i
		}
	}
	return slots
}

// peek is memory of the guest, whatever the guest itself may do with it; nil if it is
// not all there.
func (p *Process) peek(address, size uint64) []byte {
	b, err := p.Space.Bytes(address, size, 0)
	if err != nil || len(b) == 0 {
		return nil
	}
	var seen byte
	if _, ok := mem.Guard(func() { seen = b[0] | b[len(b)-1] }); !ok {
		return nil
	}
	runtime.KeepAlive(seen)
	return b
}
