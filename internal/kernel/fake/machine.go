package fake

import (
	"fmt"
	"io/fs"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Machine is the substrate: the tasks that AddTask made.
type Machine struct {
	mu    sync.Mutex
	tasks map[int]*Task
}

// NewMachine makes a machine without tasks.
func NewMachine() *Machine { return &Machine{tasks: map[int]*Task{}} }

// AddTask makes a task with the next process id, counted from 1, and the given
// CPU type. Its memory has pages of 4 KiB and is empty.
func (m *Machine) AddTask(cpu mach.CPUType) *Task {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &Task{pid: len(m.tasks) + 1, cpu: cpu, Mem: NewMemory()}
	m.tasks[t.pid] = t
	return t
}

// OpenTask implements core.Substrate.
func (m *Machine) OpenTask(pid int) (core.TaskSub, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.tasks[pid]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("task %d: %w", pid, fs.ErrNotExist)
}

// PIDs implements core.Substrate.
func (m *Machine) PIDs() ([]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	pids := make([]int, 0, len(m.tasks))
	for pid := 1; pid <= len(m.tasks); pid++ {
		pids = append(pids, pid)
	}
	return pids, nil
}
