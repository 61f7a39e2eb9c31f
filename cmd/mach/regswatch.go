package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/host"
	"github.com/gomach/mach/task"
)

// registerChanges are what has changed between two looks at a process.
type registerChanges struct {
	Time    time.Time       `json:"time"`
	PID     int             `json:"pid"`
	Threads []threadChanges `json:"threads"`
}

// threadChanges are those of a thread. One that is new has all its registers, and one
// that has ended none.
type threadChanges struct {
	ID      uint64           `json:"id"`
	Name    string           `json:"name,omitempty"`
	What    string           `json:"what"` // new, changed or ended
	Changed []registerChange `json:"changed,omitempty"`
}

type registerChange struct {
	Name   string  `json:"name"`
	Before address `json:"before"`
	Value  address `json:"value"`
}

// watchRegisters prints the registers, and what changes in them, until the process or
// the command ends, or there were enough looks.
func watchRegisters(cmd *cobra.Command, t *task.Task, pid int, all bool, every time.Duration, looks int) error {
	ctx := cmd.Context()
	look := live{t}.registers
	var before []threadRegisters
	for i := 0; looks == 0 || i < looks; i++ {
		if i > 0 {
			if err := host.Sleep(ctx, every); err != nil {
				return err
			}
		}
		now, err := look(ctx, all)
		if err != nil {
			if over, e := ended(t); i > 0 && e == nil && over {
				fmt.Fprintf(cmd.ErrOrStderr(), "process %d has ended\n", pid)
				return nil
			}
			return err
		}
		x := registerChanges{time.Now(), pid, compareRegisters(before, now)}
		if err := emit(cmd, x, func(w *printer) { x.print(w) }); err != nil {
			return err
		}
		before = now
	}
	return nil
}

// ended reports whether the process is over.
func ended(t *task.Task) (bool, error) {
	if _, err := t.PID(); err != nil {
		return true, nil
	}
	list, err := t.Threads()
	if err != nil {
		return true, nil
	}
	return list.Len() == 0, list.Close()
}

func compareRegisters(before, now []threadRegisters) []threadChanges {
	known := map[uint64]threadRegisters{}
	for _, x := range before {
		known[x.ID] = x
	}
	out := []threadChanges{}
	for _, x := range now {
		old, ok := known[x.ID]
		delete(known, x.ID)
		c := threadChanges{ID: x.ID, Name: x.Name, What: "changed"}
		if !ok {
			c.What = "new"
		}
		c.Changed = changedRegisters(old, x, !ok)
		if !ok || len(c.Changed) > 0 {
			out = append(out, c)
		}
	}
	for _, x := range before {
		if _, gone := known[x.ID]; gone {
			out = append(out, threadChanges{ID: x.ID, Name: x.Name, What: "ended"})
		}
	}
	return out
}

func changedRegisters(old, x threadRegisters, all bool) (list []registerChange) {
	before, now := old.words(), x.words()
	for i, r := range now {
		var b address
		if i < len(before) {
			b = before[i].Value
		}
		if all || b != r.Value {
			list = append(list, registerChange{r.Name, b, r.Value})
		}
	}
	return list
}

// words are the registers as single words.
func (x threadRegisters) words() []register {
	list := append([]register{}, x.Registers...)
	for _, v := range x.Vector {
		list = append(list, register{v.Name + ".high", v.High}, register{v.Name + ".low", v.Low})
	}
	return append(list, x.Exception...)
}

func (x registerChanges) print(w *printer) {
	w.line(x.Time.Format("15:04:05.000"))
	for _, th := range x.Threads {
		name := fmt.Sprintf("thread (id %d)", th.ID)
		if th.Name != "" {
			name += " " + th.Name
		}
		switch th.What {
		case "ended":
			w.line(name, " has ended")
		case "new":
			w.line(name)
			var list []register
			for _, r := range th.Changed {
				list = append(list, register{r.Name, r.Value})
			}
			printRegisters(w, list)
		default:
			w.line(name)
			for _, r := range th.Changed {
				w.line(fmt.Sprintf("  %-6s %#-18x -> %s", r.Name, uint64(r.Before), w.bold(fmt.Sprintf("%#x", uint64(r.Value)))))
			}
		}
	}
	if len(x.Threads) == 0 {
		w.line("  nothing has changed")
	}
	w.line()
}
