package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/symbol"
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
	Backtrace []stackFrame    `json:"backtrace"`
	Report    string          `json:"report,omitempty"` // the file of the crash report
}

func excWatchCommand() *cobra.Command {
	var follow bool
	var most int
	var reports string
	c := &cobra.Command{
		Use:   "watch PID",
		Short: "The exceptions of a process as they happen",
		Long: `watch waits for the exceptions of a process, such as bad accesses and traps, until the
process or mach ends. Of each it prints the codes in words, the thread with its registers
and the backtrace, and leaves the exception to the process: one that nothing in it deals
with ends it. --ips writes crash reports, in Apple's form, of all threads into a folder. Programs that deal with their own, as Go does with nil
pointers, run on. Signals that a program sends itself, as abort does, are no exceptions.
--follow watches the processes that it forks, too, where the system tells of them: the
hosted kernel does not. With --json each is a document of its own.`,
		Args: exactly("PID"), ValidArgsFunction: completePID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 0 {
				return &usageError{fmt.Errorf("%d is no number of exceptions", most)}
			}
			if reports != "" {
				if info, err := os.Stat(reports); err != nil {
					return err
				} else if !info.IsDir() {
					return fmt.Errorf("%s is no folder", reports)
				}
			}
			pid, err := findPID(args[0])
			if err != nil {
				return err
			}
			d, err := exc.Debug(cmd.Context(), pid)
			if err != nil {
				return err
			}
			w := crashWatch{cmd: cmd, left: most, endless: most == 0, reports: reports}
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
	c.Flags().StringVar(&reports, "ips", "", "write a crash report of each, an .ips file, into this folder")
	c.Flags().IntVarP(&most, "count", "n", 0, "end after so many exceptions; 0 for no end")
	return c
}

// crashWatch prints the exceptions of a process and its children.
type crashWatch struct {
	cmd      *cobra.Command
	children sync.WaitGroup
	reports  string // the folder

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
			done, err = w.crash(ctx, d.Task().WithContext(ctx), pid, stop)
		}
		if e := d.Pass(ctx); err == nil && !errors.Is(e, exc.ErrExited) {
			err = e
		}
		if err != nil || done {
			return err
		}
	}
}

// crash tells of an exception at which the process stands.
func (w *crashWatch) crash(ctx context.Context, t *task.Task, pid int, s *exc.Stop) (done bool, err error) {
	table, err := live{t}.symbols(pid)
	if err != nil {
		return false, err
	}
	defer table.Close()
	x := newCrash(pid, s, table)
	x.Thread.Number = numberOf(t, x.Thread.ID)
	if w.reports != "" {
		c := crashed{task: t, pid: pid, stop: s, table: table}
		if c.cpu, err = t.CPU(); err != nil {
			return false, err
		}
		head, report, err := c.report(ctx, x.Time)
		if err != nil {
			return false, err
		}
		if x.Report, err = writeIPS(w.reports, x.Time, head, report); err != nil {
			return false, err
		}
	}
	return w.print(x)
}

// numberOf is the place of a thread in its process's list.
func numberOf(t *task.Task, id uint64) int {
	threads, err := t.Threads()
	if err != nil {
		return 0
	}
	defer threads.Close()
	for i, th := range threads.All() {
		if v, err := th.ID(); err == nil && v == id {
			return i
		}
	}
	return 0
}

func newCrash(pid int, s *exc.Stop, table *symbol.Table) crash {
	e := s.Exception
	x := crash{Time: time.Now(), PID: pid, Type: e.Type.String(), Text: fmt.Sprint(e.Detail()), Backtrace: []stackFrame{}}
	for _, c := range e.Codes {
		x.Codes = append(x.Codes, address(c))
	}
	th := newStopped(s.Thread, table, maxReportFrames)
	x.Thread.ID, x.Thread.Name, x.Thread.Error = th.ID, th.Name, th.Error
	if th.registers == nil {
		return x
	}
	x.Thread.general(th.registers)
	th.name(table)
	x.Backtrace = th.Frames
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
		printFrames(p, x.Backtrace)
		if x.Report != "" {
			p.line("  crash report: ", x.Report)
		}
		p.line()
	})
	return w.left == 0 && !w.endless, err
}
