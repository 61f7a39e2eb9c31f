//go:build linux && (amd64 || arm64)

package machkern

import (
	"github.com/gomach/mach/internal/kernel/bootstrap"
	kerntask "github.com/gomach/mach/internal/kernel/task"
)

// inherit gives a new task what it has from the one that started it; the first of a kernel
// gets the bootstrap port.
func (s *guestTask) inherit(h *kerntask.Inheritance) {
	if h == nil {
		s.boot = bootstrap.Give(s.task)
		return
	}
	if p := h.Bootstrap(); p != nil {
		s.boot, _ = s.task.Space.InsertSend(p)
	}
	h.Give(s.task)
}
