//go:build linux && (amd64 || arm64)

package machkern

import (
	"encoding/binary"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/bootstrap"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
	kerntask "github.com/gomach/mach/internal/kernel/task"
)

// heritage is what a task has from the one that started it: the bootstrap port and the
// registered ports (xnu osfmk/kern/ipc_tt.c ipc_task_init). Exception ports do not survive exec
// (ipc_task_reset).
type heritage struct {
	some       bool
	bootstrap  ipc.Right
	registered []ipc.Right
}

func (h heritage) release() {
	h.bootstrap.Release()
	for _, r := range h.registered {
		r.Release()
	}
}

// heritage is what a task would leave now.
func (s *seat) heritage() heritage {
	h := heritage{some: true}
	h.bootstrap = s.ask("task_get_special_port", page{}, uint64(mach.TASK_BOOTSTRAP_PORT)).Ports[2]
	h.registered = s.ask("mach_ports_lookup", make(page, 16), 0, 8).Arrays[1]
	return h
}

// inherit gives a new task its bootstrap port, and ports that were registered.
func (s *seat) inherit(h heritage) {
	if !h.some {
		s.boot = bootstrap.Give(s.task)
		return
	}
	if h.bootstrap.Valid() {
		s.boot, _ = s.task.Space.InsertSend(h.bootstrap.Port)
	}
	kerntask.SetSpecialPort(s.task, mach.TASK_BOOTSTRAP_PORT, h.bootstrap)
	names := make(page, 4*len(h.registered))
	for i, r := range h.registered {
		if r.Valid() {
			name, _ := s.task.Space.InsertSend(r.Port)
			binary.LittleEndian.PutUint32(names[4*i:], uint32(name))
			defer s.task.Space.Deallocate(name)
		}
		defer r.Release()
	}
	s.ask("mach_ports_register", names, 0, uint64(len(h.registered)))
}

// ask makes a call about the task as by a message: rights go to and from the reply, not to names
// of the task's. The arguments are those behind the task.
func (s *seat) ask(symbol string, memory page, args ...uint64) *core.Reply {
	var a [12]uint64
	copy(a[1:], args)
	r := &core.Reply{
		In:    map[int]ipc.Right{0: ipc.NewSendRight(s.task.Port(core.Control))},
		Ports: map[int]ipc.Right{}, Memory: map[int][]byte{}, Arrays: map[int][]ipc.Right{},
	}
	s.k.core.Call(&core.Ctx{Args: &a, Task: s.task, Mem: memory, MIG: r}, core.Number(symbol))
	for _, right := range r.In {
		right.Release()
	}
	return r
}

// page is memory of the kernel's own for a call, from address 0.
type page []byte

func (p page) ReadAt(b []byte, addr uint64) (int, error) {
	if addr > uint64(len(p)) || uint64(len(p))-addr < uint64(len(b)) {
		return 0, fs.ErrInvalid
	}
	return copy(b, p[addr:]), nil
}

func (p page) WriteAt(b []byte, addr uint64) (int, error) {
	if addr > uint64(len(p)) || uint64(len(p))-addr < uint64(len(b)) {
		return 0, fs.ErrInvalid
	}
	return copy(p[addr:], b), nil
}
