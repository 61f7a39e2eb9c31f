package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/core"
	"github.com/gomach/mach/task"
)

// coreWritten is what "mach core" tells of a file.
type coreWritten struct {
	PID        int           `json:"pid"`
	File       string        `json:"file"`
	Reason     string        `json:"reason,omitempty"`
	Threads    int           `json:"threads"`
	Regions    int           `json:"regions"`
	Saved      uint64        `json:"memory"`
	Zeros      uint64        `json:"zeros"`
	Unreadable uint64        `json:"unreadable"`
	Size       uint64        `json:"file_size"`
	Stopped    time.Duration `json:"stopped_ns"`
}

func coreCommand() *cobra.Command {
	var when trigger
	var o core.Options
	var file, memory string
	c := &cobra.Command{
		Use:   "core PID | -- COMMAND [ARGUMENT...]",
		Short: "Writes a Mach-O core of a process, which runs on",
		Long: `core writes the memory and the registers of a process into a Mach-O core file, which
LLDB opens and mach's other commands take in place of a PID. The process is stopped
while its memory is read, and runs on. Pages of zeros take no room on the disk.

With --cpu or --memory it waits until the process uses that much; with --count it writes
several cores, --interval apart, named FILE.1, FILE.2 and so on. With --exception it waits
for an exception, such as a bad access, and with --signal (on macOS) for a signal; both are
left to the process, which mostly ends by them, once the core is written.`,
		Args: pidOrCommand, ValidArgsFunction: completePID,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if when.memory, err = byteCount(memory); err != nil {
				return err
			}
			if err := when.check(); err != nil {
				return err
			}
			want, end, err := launched(cmd, args)
			if err != nil {
				return err
			}
			defer end()
			return inspect(cmd, want, func(t *task.Task, pid int) error {
				if file == "" {
					file = fmt.Sprintf("core.%d", pid)
				}
				write := writeCores
				if when.event.given() {
					write = coresAtEvents
				}
				list, err := write(cmd, t, pid, file, o, when)
				if err != nil && len(list) == 0 {
					return err
				}
				if e := emit(cmd, list, func(w *printer) { printWritten(w, list) }); err == nil {
					err = e
				}
				return err
			})
		},
	}
	f := c.Flags()
	f.StringVarP(&file, "output", "o", "", "the file; core.PID if it is not given")
	f.BoolVar(&o.Modified, "modified", false, "leave out what is the same in the files of programs and libraries")
	f.BoolVar(&o.SharedCache, "shared-cache", false, "save the shared cache of libraries, too")
	f.Float64Var(&when.cpu, "cpu", 0, "wait until the process uses that many percent of a processor (over a second)")
	f.StringVar(&memory, "memory", "", "wait until its footprint has that size, such as 500M")
	f.IntVarP(&when.count, "count", "n", 1, "how many cores")
	f.DurationVar(&when.interval, "interval", 10*time.Second, "the least time between two cores")
	f.StringVar(&when.event.exception, "exception", "", "wait for an exception, of a type such as EXC_BAD_ACCESS or any")
	f.Lookup("exception").NoOptDefVal = anyException
	f.StringVar(&when.event.signal, "signal", "", "wait for a signal, such as SIGUSR1")
	c.MarkFlagsMutuallyExclusive("exception", "cpu")
	c.MarkFlagsMutuallyExclusive("exception", "memory")
	c.MarkFlagsMutuallyExclusive("signal", "cpu")
	c.MarkFlagsMutuallyExclusive("signal", "memory")
	c.AddCommand(coreInfoCommand())
	return c
}

// writeCores writes as many cores as are wanted, when they are wanted.
func writeCores(cmd *cobra.Command, t *task.Task, pid int, file string, o core.Options, when trigger) ([]coreWritten, error) {
	var list []coreWritten
	for i := range when.count {
		if i > 0 {
			if err := pause(cmd.Context(), when.interval); err != nil {
				return list, err
			}
		}
		reason, err := when.wait(cmd.Context(), t)
		if err != nil {
			return list, err
		}
		x, err := writeCore(cmd, t, pid, when.path(file, i), o, reason)
		if err != nil {
			return list, err
		}
		list = append(list, x)
	}
	return list, nil
}

func writeCore(cmd *cobra.Command, t *task.Task, pid int, path string, o core.Options, reason string) (coreWritten, error) {
	bar := newProgress(cmd, path)
	defer bar.end()
	o.Progress = bar.update
	r, err := core.Create(cmd.Context(), path, t, o)
	return coreWritten{pid, path, reason, r.Threads, r.Regions, r.Saved, r.Zeros, r.Unreadable, r.Size, r.Stopped}, err
}

func printWritten(w *printer, list []coreWritten) {
	for _, c := range list {
		w.line(fmt.Sprintf("%s: %d threads, %d regions, %s of memory, %s of it zeros; stopped for %v", c.File, c.Threads, c.Regions,
			size(c.Saved, false), size(c.Zeros, false), c.Stopped.Round(100*time.Microsecond)))
		if c.Reason != "" {
			w.line("  because ", c.Reason)
		}
		if c.Unreadable > 0 {
			w.line("  ", size(c.Unreadable, false), " could not be read and are zeros in it")
		}
	}
}
