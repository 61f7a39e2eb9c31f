//go:build linux && (amd64 || arm64)

package machkern

import (
	"io/fs"
	"os"
	"slices"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/hosted"
)

// substrate finds tasks: guests that are being started, and if allowed the host's processes.
type substrate struct {
	k *Kernel
}

// OpenTask: guests are known to the kernel once they have begun.
func (s *substrate) OpenTask(pid int) (core.TaskSub, error) {
	if t := s.k.await(pid); t != nil {
		return t, nil
	}
	if !s.k.options.HostProcesses || pid == os.Getpid() {
		return nil, fs.ErrNotExist
	}
	t, err := hosted.New().OpenTask(pid)
	if err != nil {
		return nil, err
	}
	return hostTask{t}, nil
}

func (s *substrate) PIDs() ([]int, error) {
	if s.k.options.HostProcesses {
		return hosted.New().PIDs()
	}
	pids := append(s.k.pids(), os.Getpid())
	slices.Sort(pids)
	return pids, nil
}

// hostTask is a process of the host: it can be looked at and nothing else. Its control port
// is given out for that; what would change something is refused.
type hostTask struct{ core.TaskSub }

// Exceptions implements core.Excepter.
func (hostTask) Exceptions(func(core.Exception) bool) error { return fs.ErrPermission }

func (hostTask) Suspend() error              { return fs.ErrPermission }
func (hostTask) Resume() error               { return fs.ErrPermission }
func (hostTask) Terminate() error            { return fs.ErrPermission }
func (t hostTask) Memory() core.AddressSpace { return hostMemory{t.TaskSub.Memory()} }
func (t hostTask) OpenThread(id int) (core.ThreadSub, error) {
	th, err := t.TaskSub.OpenThread(id)
	if err != nil {
		return nil, err
	}
	return hostThread{th}, nil
}

type hostThread struct{ core.ThreadSub }

func (hostThread) Suspend() error                                      { return fs.ErrPermission }
func (hostThread) Resume() error                                       { return fs.ErrPermission }
func (hostThread) SetState(mach.ThreadStateFlavor, []uint32) error     { return fs.ErrPermission }
func (hostThread) GetState(f mach.ThreadStateFlavor) ([]uint32, error) { return nil, fs.ErrPermission }
func (hostThread) Abort() error                                        { return fs.ErrPermission }
func (hostThread) Terminate() error                                    { return fs.ErrPermission }

type hostMemory struct{ core.AddressSpace }

func (hostMemory) WriteAt([]byte, uint64) (int, error)            { return 0, fs.ErrPermission }
func (hostMemory) Map(core.Mapping) (uint64, error)               { return 0, fs.ErrPermission }
func (hostMemory) Unmap(addr, size uint64) error                  { return fs.ErrPermission }
func (hostMemory) Protect(addr, size uint64, _ mach.VMProt) error { return fs.ErrPermission }
func (hostMemory) Advise(addr, size uint64, _ core.Advice) error  { return fs.ErrPermission }
func (hostMemory) Sync(addr, size uint64, _ mach.VMSync) error    { return fs.ErrPermission }
func (hostMemory) Lock(addr, size uint64, _ bool) error           { return fs.ErrPermission }
