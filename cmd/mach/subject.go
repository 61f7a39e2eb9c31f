package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/core"
	"github.com/gomach/mach/symbol"
	"github.com/gomach/mach/task"
)

// subject is what can be looked at: a process that lives, or a core of one.
type subject interface {
	task.MemoryReader
	threads() ([]threadInfo, error)
	registers(ctx context.Context, all bool) ([]threadRegisters, error)
	memoryMap(submap bool) ([]mapped, error)
	symbols(pid int) (*symbol.Table, error)
	stacks(ctx context.Context, table *symbol.Table, limit int) ([]stopped, error)
}

// look is inspect, with a core file in the place of a PID too.
func look(cmd *cobra.Command, want string, f func(s subject, pid int) error) error {
	if !isCore(want) {
		return inspect(cmd, want, func(t *task.Task, pid int) error { return f(live{t}, pid) })
	}
	c, err := core.Open(want)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := f(saved{c}, c.Process().PID); err != nil {
		return fmt.Errorf("%s: %w", want, err)
	}
	return nil
}

// isCore tells files from PIDs and names of processes: what has a slash is a file,
// and so is what is there and begins like a Mach-O file.
func isCore(want string) bool {
	if _, err := strconv.Atoi(want); err == nil {
		return false
	}
	if strings.ContainsRune(want, os.PathSeparator) {
		return true
	}
	f, err := os.Open(want)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic uint32
	return binary.Read(f, binary.LittleEndian, &magic) == nil && magic == 0xfeedfacf
}

// completeSubject offers the processes that run, and files.
func completeSubject(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	list, _ := completePID(cmd, args, begun)
	return list, cobra.ShellCompDirectiveDefault
}

// live is a process that runs.
type live struct{ *task.Task }

func (l live) threads() ([]threadInfo, error) {
	list, err := l.Threads()
	if err != nil {
		return nil, err
	}
	defer list.Close()
	var found []threadInfo
	for i, th := range list.All() {
		found = append(found, newThreadInfo(i, th))
	}
	return found, nil
}

func (l live) registers(ctx context.Context, all bool) (found []threadRegisters, err error) {
	err = l.Suspended(ctx, func(ctx context.Context) (err error) {
		found, err = registers(ctx, l.Task, all)
		return err
	})
	return found, err
}

func (l live) memoryMap(submap bool) ([]mapped, error) {
	footprint, err := l.Footprint()
	if err != nil {
		return nil, err
	}
	files, err := l.Files()
	if err != nil && !errors.Is(err, task.ErrNoImages) {
		return nil, err
	}
	walk := l.Regions()
	if submap {
		walk = l.RegionsRecurse()
	}
	var out []mapped
	for r, err := range walk {
		if err != nil {
			return nil, err
		}
		path, segment, _ := files.Of(r)
		out = append(out, newMapped(core.Region{Region: r, Path: path, Segment: segment}, footprint.PageSize))
	}
	return out, nil
}

// saved is a core.
type saved struct{ *core.File }

func (s saved) threads() ([]threadInfo, error) {
	var found []threadInfo
	for i, th := range s.Threads() {
		x := th.Info
		found = append(found, threadInfo{
			Number: i, ID: x.ID, Name: x.Name, State: runState(x.State), User: x.User, System: x.System,
			Usage: 100 * float64(x.Usage) / mach.TH_USAGE_SCALE, Priority: x.Priority, Suspended: x.SuspendCount,
		})
	}
	return found, nil
}

func (s saved) registers(_ context.Context, all bool) ([]threadRegisters, error) {
	var found []threadRegisters
	for i, th := range s.Threads() {
		x := threadRegisters{Number: i, ID: th.Info.ID, Name: th.Info.Name}
		if th.Registers == nil {
			x.Error = "the core has no registers of it"
		} else {
			x.general(th.Registers)
		}
		if all {
			x.arm(th.ARMNeon, th.ARMException)
			x.x86(th.X86Float, th.X86Exception)
		}
		found = append(found, x)
	}
	return found, nil
}

func (s saved) memoryMap(bool) ([]mapped, error) {
	var out []mapped
	for r := range s.Regions() {
		out = append(out, newMapped(r, s.Process().PageSize))
	}
	return out, nil
}
