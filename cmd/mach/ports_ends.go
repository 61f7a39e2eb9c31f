package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// space is the port name space of a process.
type space struct {
	process
	rights []task.Right
}

// spaces are what is known of all processes.
type spaces struct {
	list []space
	// controls are the processes by the objects of their tasks' control ports.
	controls map[uint32]process
}

// otherSpaces looks at all processes that may be looked at but one. What may not,
// or ends meanwhile, is left out.
func otherSpaces(ctx context.Context, except int) spaces {
	s := spaces{controls: map[uint32]process{}}
	names := map[mach.MachPortName]process{}
	tasks := everyTask(ctx)
	for p, t := range tasks {
		defer t.Close()
		names[t.Name()] = p
		if p.pid == except {
			continue
		}
		if list, err := t.WithContext(ctx).Rights(); err == nil && len(list) > 0 {
			s.list = append(s.list, space{p, list})
		}
	}
	slices.SortFunc(s.list, func(a, b space) int { return cmp.Compare(a.pid, b.pid) })
	own, err := task.Self().Rights()
	if err != nil {
		return s
	}
	for _, r := range own {
		if p, ok := names[r.Name]; ok {
			s.controls[r.Object] = p
		}
	}
	return s
}

// everyTask opens the tasks that may be looked at, those of the processes that the
// system lists and those that the kernel has: to others than root it does not tell.
func everyTask(ctx context.Context) map[process]*task.Task {
	known := map[int]string{os.Getpid(): "mach"}
	tasks := map[process]*task.Task{}
	if all, err := processes(); err == nil {
		for _, p := range all {
			known[p.pid] = p.name
			if t, err := task.ForPID(ctx, p.pid); err == nil {
				tasks[p] = t
			}
		}
	}
	all, err := task.All()
	if err != nil {
		return tasks
	}
	for _, t := range all {
		pid, err := t.PID()
		p := process{pid, known[pid]}
		if err != nil || tasks[p] != nil {
			t.Close()
			continue
		}
		tasks[p] = t
	}
	return tasks
}

// find sets who holds the other ends: for who sends, the receivers; for a receiver,
// the senders; and for a port of the kernel, the process whose task it is.
func (s spaces) find(list []portRight) {
	type holder struct {
		process
		right task.Right
	}
	by := map[uint32][]holder{}
	for _, x := range s.list {
		for _, r := range x.rights {
			by[r.Object] = append(by[r.Object], holder{x.process, r})
		}
	}
	for i := range list {
		p := &list[i]
		if p.kind == mach.IPC_OTYPE_TASK_CONTROL {
			if of, ok := s.controls[p.object.Object]; ok {
				p.Kernel += fmt.Sprintf(" of %d %s", of.pid, of.name)
			}
		}
		if p.object.Object == 0 || p.Kernel != "" {
			continue
		}
		receives := p.object.Has(mach.MACH_PORT_TYPE_RECEIVE)
		for _, h := range by[p.object.Object] {
			if receives || h.right.Has(mach.MACH_PORT_TYPE_RECEIVE) {
				right := strings.Join(rightNames(h.right), ",")
				p.Ends = append(p.Ends, otherEnd{h.pid, h.name, right, fmt.Sprintf("%#x", uint32(h.right.Name))})
			}
		}
	}
}

// processPorts are the counts of a process.
type processPorts struct {
	PID    int        `json:"pid"`
	Name   string     `json:"name"`
	Counts portCounts `json:"counts"`
}

// countAllPorts tells how many rights each process has, those with most first.
func countAllPorts(cmd *cobra.Command) error {
	found := []processPorts{}
	for _, s := range otherSpaces(cmd.Context(), 0).list {
		var list []portRight
		for _, r := range s.rights {
			list = append(list, portRight{object: r})
		}
		found = append(found, processPorts{s.pid, s.name, countRights(list)})
	}
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b processPorts) int {
		return cmp.Or(cmp.Compare(b.Counts.Total, a.Counts.Total), cmp.Compare(a.PID, b.PID))
	})
	return emit(cmd, found, func(w *printer) {
		var rows [][]string
		for _, p := range found {
			n := p.Counts
			rows = append(rows, []string{
				fmt.Sprint(p.PID), fmt.Sprint(n.Total), fmt.Sprint(n.Send), fmt.Sprint(n.Receive), fmt.Sprint(n.SendOnce),
				fmt.Sprint(n.PortSet), fmt.Sprint(n.DeadName), p.Name,
			})
		}
		w.table([]string{">PID", ">NAMES", ">SEND", ">RECEIVE", ">SEND-ONCE", ">PORT SETS", ">DEAD", "PROCESS"}, rows)
	})
}
