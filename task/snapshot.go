package task

import (
	"io"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
	"github.com/gomach/mach/port"
)

// Snapshot owns a copy of a task's memory, which was made without copying: the
// pages are shared until one side writes to them. Its methods may be called by
// several goroutines at once; what Bytes returns ends with Close.
type Snapshot struct {
	addr uint64
	mem  *port.OutOfLine
	mu   sync.RWMutex // held for reading while somebody copies
}

// ReadMapped takes a snapshot of a task's memory, of less than 4 GiB. The caller
// has to close it. It fails as a whole when a part cannot be read, with
// [mach.KERN_INVALID_ADDRESS] or [mach.KERN_PROTECTION_FAILURE]. The read port
// will do. It may wait for pages to come in: see [Task.WithContext].
//
// Mach calls: mach_vm_read.
func (t *Task) ReadMapped(addr, size uint64) (*Snapshot, error) {
	return within(t, "mach_vm_read", func() (*Snapshot, error) {
		name, err := t.use()
		if err != nil {
			return nil, err
		}
		defer t.done()
		var data mach.VMOffset
		var n mach.MachMsgTypeNumber
		if err := mach.MachVMRead(name, addr, size, &data, &n); err != nil {
			return nil, failedAt("mach_vm_read", addr, size, err)
		}
		return &Snapshot{addr: addr, mem: port.OwnOutOfLine(data, uint64(n))}, nil
	}, func(s *Snapshot) { s.Close() })
}

// Address is where the memory is in its task.
func (s *Snapshot) Address() uint64 {
	if s == nil {
		return 0
	}
	return s.addr
}

// Bytes views the snapshot: nil when it is closed. Do not use the slice after
// Close: the pages are gone then, and touching them ends the program.
func (s *Snapshot) Bytes() []byte {
	if s == nil {
		return nil
	}
	return s.mem.Bytes()
}

// ReadMemory copies from the snapshot by the address in the task, like
// [Task.ReadMemory]: it fails with [mach.KERN_INVALID_ADDRESS] outside, and with
// io.EOF where the snapshot ends. A Close waits for it.
func (s *Snapshot) ReadMemory(p []byte, addr uint64) (int, error) {
	if s == nil {
		return 0, unusable.New("task", "Snapshot", unusable.Nil)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.Bytes()
	if b == nil {
		state := unusable.Closed
		if s.mem == nil {
			state = unusable.Zero
		}
		return 0, unusable.New("task", "Snapshot", state)
	}
	at := addr - s.addr
	if addr < s.addr || at > uint64(len(b)) {
		return 0, failedAt("snapshot", addr, uint64(len(p)), mach.KERN_INVALID_ADDRESS)
	}
	n := copy(p, b[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close releases the memory. A second Close does nothing.
//
// Mach calls: mach_vm_deallocate.
func (s *Snapshot) Close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mem.Close()
}
