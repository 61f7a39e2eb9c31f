//go:build linux && (amd64 || arm64)

package task_test

import (
	"os"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/kernel/task"
	"github.com/gomach/mach/internal/substrate/hosted"
)

// A child has rights of its own to what its parent has, and keeps them.
func TestInherit(t *testing.T) {
	k := kernel.New(hosted.New())
	parent, err := k.TaskOf(os.Getpid())
	must(t, err)
	child, err := k.TaskOf(os.Getppid())
	if err != nil {
		t.Skip(err)
	}
	p := ipc.NewKernelPort(mach.IPC_OTYPE_NONE, nil)
	gone := 0
	p.OnNoSenders(func(*ipc.Port) { gone++ })
	task.SetSpecialPort(parent, mach.TASK_BOOTSTRAP_PORT, ipc.NewSendRight(p))
	task.Inherit(child, parent)
	task.Inherit(child, parent) // nothing is left over
	task.Inherit(parent, parent)
	task.SetSpecialPort(parent, mach.TASK_BOOTSTRAP_PORT, ipc.Right{})
	if gone != 0 {
		t.Error("the child has no right of its own")
	}
	task.SetSpecialPort(child, mach.TASK_BOOTSTRAP_PORT, ipc.Right{})
	if gone != 1 {
		t.Errorf("%d times without senders, want once", gone)
	}
}
