package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// crash is an exception as it happens.
type crash struct {
	Time      time.Time       `json:"time"`
	PID       int             `json:"pid"`
	Type      string          `json:"type"`
	Codes     []address       `json:"codes"`
	Text      string          `json:"text"`
	Thread    threadRegisters `json:"thread"`
	Backtrace []frame         `json:"backtrace"`
}

// frame is a place in a backtrace.
type frame struct {
	Address address `json:"address"`
	File    string  `json:"file,omitempty"`
}

func excWatchCommand() *cobra.Command {
	var follow bool
	var most int
	c := &cobra.Command{
		Use:   "watch PID",
		Short: "The exceptions of a process as they happen",
		Long: `watch waits for the exceptions of a process, such as bad accesses and traps, until the
process or mach ends. Of each it prints the codes in words, the thread with its registers
and the backtrace by frame pointers, and leaves the exception to the process: one that
nothing in it deals with ends it. Programs that deal with their own, as Go does with nil
pointers, run on. Signals that a program sends itself, as abort does, are no exceptions.
--follow watches the processes that it forks, too, where the system tells of them: the
hosted kernel does not. With --json each is a document of its own.`,
		Args: exactly("PID"), ValidArgsFunction: completePID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 0 {
				return &usageError{fmt.Errorf("%d is no number of exceptions", most)}
			}
			pid, err := findPID(args[0])
			if err != nil {
				return err
			}
			d, err := exc.Debug(cmd.Context(), pid)
			if err != nil {
				return err
			}
			w := crashWatch{cmd: cmd, left: most, endless: most == 0}
			if follow {
				if err := d.Follow(cmd.Context(), w.child); err != nil {
					return errors.Join(err, d.Close())
				}
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "watching process %d\n", pid)
			err = errors.Join(w.watch(cmd.Context(), d, pid), d.Close())
			w.children.Wait()
			return err
		},
	}
	c.Flags().BoolVar(&follow, "follow", false, "watch forked processes, too")
	c.Flags().IntVarP(&most, "count", "n", 0, "end after so many exceptions; 0 for no end")
	return c
}

// crashWatch prints the exceptions of a process and its children.
type crashWatch struct {
	cmd      *cobra.Command
	children sync.WaitGroup

	mu      sync.Mutex // one is printed at a time
	left    int
	endless bool
}

// child watches a forked process.
func (w *crashWatch) child(d *exc.Debugger) {
	w.children.Go(func() {
		defer d.Close()
		pid, err := d.Task().PID()
		if err == nil {
			err = w.watch(w.cmd.Context(), d, pid)
		}
		if err != nil && w.cmd.Context().Err() == nil {
			fmt.Fprintf(w.cmd.ErrOrStderr(), "mach: process %d: %v\n", pid, err)
		}
	})
}

// watch prints what a process comes to until it has ended, or enough was printed.
func (w *crashWatch) watch(ctx context.Context, d *exc.Debugger, pid int) error {
	for {
		stop, err := d.Wait(ctx)
		if errors.Is(err, exc.ErrExited) {
			return nil
		}
		if err != nil {
			return err
		}
		done := false
		if stop.Reason == exc.Crashed {
			done, err = w.print(newCrash(d.Task().WithContext(ctx), pid, stop))
		}
		if e := d.Pass(ctx); err == nil && !errors.Is(e, exc.ErrExited) {
			err = e
		}
		if err != nil || done {
			return err
		}
	}
}

func newCrash(t *task.Task, pid int, s *exc.Stop) crash {
	e := s.Exception
	x := crash{Time: time.Now(), PID: pid, Type: e.Type.String(), Text: fmt.Sprint(e.Detail()), Backtrace: []frame{}}
	for _, c := range e.Codes {
		x.Codes = append(x.Codes, address(c))
	}
	x.Thread.ID, _ = s.Thread.ID()
	x.Thread.Name, _ = s.Thread.Label()
	r, err := s.Thread.Registers()
	if err != nil {
		x.Thread.Error = err.Error()
		return x
	}
	for name, v := range r.All() {
		x.Thread.Registers = append(x.Thread.Registers, register{name, address(v)})
	}
	files, err := t.Files()
	if err != nil {
		files = nil // addresses alone
	}
	const deepest = 128
	for _, f := range r.Stack(t, deepest) {
		y := frame{Address: address(f.PC)}
		if region, err := t.RegionAt(f.PC); err == nil && region.Contains(f.PC) {
			y.File, _, _ = files.Of(region)
		}
		x.Backtrace = append(x.Backtrace, y)
	}
	return x
}

// print shows an exception and tells whether that was the last one that is wanted.
func (w *crashWatch) print(x crash) (done bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left == 0 && !w.endless {
		return true, nil
	}
	w.left--
	err = emit(w.cmd, x, func(p *printer) {
		p.line(x.Time.Format(time.RFC3339), fmt.Sprintf(" process %d: %s", x.PID, x.Type))
		p.line(x.Text)
		x.Thread.print(p)
		var rows [][]string
		for i, f := range x.Backtrace {
			rows = append(rows, []string{fmt.Sprint(i), fmt.Sprintf("%#x", uint64(f.Address)), f.File})
		}
		p.table([]string{">#", "ADDRESS", "FILE"}, rows)
		p.line()
	})
	return w.left == 0 && !w.endless, err
}
