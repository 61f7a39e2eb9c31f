// Package kernel puts the subsystems together.
package kernel

import (
	"github.com/gomach/mach/internal/kernel/bootstrap"
	"github.com/gomach/mach/internal/kernel/clock"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/host"
	ipccalls "github.com/gomach/mach/internal/kernel/ipc/calls"
	"github.com/gomach/mach/internal/kernel/mig"
	"github.com/gomach/mach/internal/kernel/misc"
	"github.com/gomach/mach/internal/kernel/sync"
	"github.com/gomach/mach/internal/kernel/task"
	"github.com/gomach/mach/internal/kernel/vm"
	"github.com/gomach/mach/internal/kernel/voucher"
)

// tables are the subsystems' functions. Each subsystem adds its line.
var tables = []func() core.Table{
	ipccalls.Table,
	bootstrap.Table,
	clock.Table,
	host.Table,
	misc.Table,
	sync.Table,
	task.Table,
	vm.Table,
	voucher.Table,
}

// Table is the whole support table.
func Table() core.Table {
	all := core.Table{}
	for _, t := range tables {
		all.Add(t())
	}
	return all
}

// New makes a kernel over a substrate.
func New(sub core.Substrate) *core.Kernel {
	k := core.New(Table(), sub)
	k.VM, k.Stub, k.Opened, k.Guard = vm.Handed{}, mig.Stub, task.Opened, task.Guard
	return k
}
