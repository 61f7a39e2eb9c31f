package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ianlancetaylor/demangle"
	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"github.com/gomach/mach/symbol"
	"github.com/gomach/mach/task"
)

// threadStack is the stack of one thread.
type threadStack struct {
	Number int          `json:"number"`
	ID     uint64       `json:"id,omitempty"`
	Name   string       `json:"name,omitempty"`
	Error  string       `json:"error,omitempty"` // instead of the rest
	Frames []stackFrame `json:"frames,omitempty"`
}

// stackFrame is a function of a stack.
type stackFrame struct {
	Number   int     `json:"number"`
	PC       address `json:"pc"`
	Function string  `json:"function,omitempty"`
	Offset   uint64  `json:"offset,omitempty"`
	Image    string  `json:"image,omitempty"`
	File     string  `json:"file,omitempty"`
	Line     int     `json:"line,omitempty"`
	Inlined  bool    `json:"inlined,omitempty"`
	Signal   bool    `json:"signal,omitempty"` // the kernel called a handler of signals
}

// stopped is a thread whose registers were read, and its way out.
type stopped struct {
	threadStack
	registers *task.Registers // nil if they cannot be read
	frames    []symbol.Frame
}

func stackCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:   "stack PID|CORE | -- COMMAND [ARGUMENT...]",
		Short: "The backtrace of every thread, with functions, files and lines",
		Long: `stack prints which function every thread is in and who has called it. The process is
stopped while its stacks are walked, and runs on. Functions are those of the symbol
tables, of Go's and of DWARF, with those that the compiler has put into others. Debugging
information in /usr/lib/debug is used.`,
		Args: pidOrCommand, ValidArgsFunction: completeSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return &usageError{fmt.Errorf("--limit is at least 1")}
			}
			want, end, err := launched(cmd, args)
			if err != nil {
				return err
			}
			defer end()
			return look(cmd, want, func(s subject, pid int) error {
				table, err := s.symbols(pid)
				if err != nil {
					return err
				}
				defer table.Close()
				list, err := s.stacks(cmd.Context(), table, limit)
				if err != nil {
					return err
				}
				found := make([]threadStack, len(list))
				for i, x := range list {
					x.name(table)
					found[i] = x.threadStack
				}
				return emit(cmd, struct {
					PID     int           `json:"pid"`
					Threads []threadStack `json:"threads"`
				}{pid, found}, func(w *printer) { printEach(w, found, func(w *printer, x threadStack) { x.print(w) }) })
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 10000, "the most frames of a thread")
	return c
}

func symbolOptions(pid int) symbol.Options {
	return symbol.Options{
		Demangle: func(name string) string { return demangle.Filter(name) },
		Open: func(path string) (io.ReaderAt, error) {
			// A process may see other files by the same names.
			if pid != 0 {
				if f, err := os.Open(fmt.Sprintf("/proc/%d/root%s", pid, path)); err == nil {
					return f, nil
				}
				exe := fmt.Sprintf("/proc/%d/exe", pid)
				if to, err := os.Readlink(exe); err == nil && to == path { // it is gone
					return os.Open(exe)
				}
			}
			return os.Open(path)
		},
	}
}

func (l live) symbols(pid int) (*symbol.Table, error) {
	cpu, err := l.CPU()
	if err != nil {
		return nil, err
	}
	var list []symbol.Image
	if images, err := l.Images(); err == nil { // without, there are addresses
		for _, m := range images.List {
			list = append(list, symbol.Image{Path: m.Path, Address: m.Address})
		}
	}
	return symbol.New(l.Task, cpu, list, symbolOptions(pid)), nil
}

func (l live) stacks(ctx context.Context, table *symbol.Table, limit int) (found []stopped, err error) {
	err = l.Suspended(ctx, func(ctx context.Context) (err error) {
		found, err = l.walk(ctx, table, limit)
		return err
	})
	return found, err
}

// walk walks the stacks of a process that does not run.
func (l live) walk(ctx context.Context, table *symbol.Table, limit int) (found []stopped, err error) {
	threads, err := l.WithContext(ctx).Threads()
	if err != nil {
		return nil, err
	}
	defer threads.Close()
	for i, th := range threads.All() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x := newStopped(th, table, limit)
		x.Number = i
		found = append(found, x)
	}
	return found, nil
}

func newStopped(th *task.Thread, table *symbol.Table, limit int) (x stopped) {
	x.ID, _ = th.ID()
	x.Name, _ = th.Label()
	r, err := th.Registers()
	if err != nil {
		x.Error = err.Error()
		return x
	}
	x.registers, x.frames = r, table.Unwind(r, limit)
	return x
}

func (s saved) symbols(int) (*symbol.Table, error) {
	var list []symbol.Image
	for _, m := range s.Images() {
		list = append(list, symbol.Image{Path: m.Path, Address: m.Address})
	}
	return symbol.New(s.File, s.CPU(), list, symbolOptions(0)), nil
}

func (s saved) stacks(_ context.Context, table *symbol.Table, limit int) ([]stopped, error) {
	var found []stopped
	for i, th := range s.Threads() {
		x := stopped{threadStack: threadStack{Number: i, ID: th.Info.ID, Name: th.Info.Name}}
		if th.Registers == nil {
			x.Error = "the core has no registers of it"
		}
		x.registers, x.frames = th.Registers, table.Unwind(th.Registers, limit)
		found = append(found, x)
	}
	return found, nil
}

// name looks the functions up, which the process is not stopped for.
func (x *stopped) name(table *symbol.Table) {
	for _, f := range x.frames {
		if f.Signal {
			x.Frames = append(x.Frames, stackFrame{Number: len(x.Frames), PC: address(f.PC), Signal: true})
			continue
		}
		list := table.Lookup(f.At)
		if len(list) == 0 {
			list = []symbol.Location{{}}
		}
		for _, l := range list {
			x.Frames = append(x.Frames, stackFrame{
				Number: len(x.Frames), PC: address(f.PC), Function: l.Function, Offset: l.Offset + f.PC - f.At, Image: l.Image, File: l.File, Line: l.Line, Inlined: l.Inlined,
			})
		}
	}
}

func (x threadStack) print(w *printer) {
	if !printThread(w, x.Number, x.ID, x.Name, x.Error) {
		return
	}
	printFrames(w, x.Frames)
}

func printFrames(w *printer, list []stackFrame) {
	for _, f := range list {
		number, pc := fmt.Sprintf("  #%-3d ", f.Number), fmt.Sprintf("0x%016x", uint64(f.PC))
		if w.width > 0 {
			pc = fmt.Sprintf("0x%012x", uint64(f.PC)) // what addresses of programs have
			plain := len(number+pc) + 2 + runewidth.StringWidth(f.text(&printer{}))
			if over := plain - w.width; over > 0 && f.File != "" {
				f.File = shortenPath(f.File, runewidth.StringWidth(f.File)-over)
			}
		}
		w.line(number, w.dim(pc), "  ", f.text(w))
	}
}

// shortenPath leaves out the first folders of a path, but never its last part.
func shortenPath(path string, most int) string {
	for rest := path; ; {
		i := strings.IndexByte(rest[1:], '/')
		if i < 0 {
			return filepath.Base(path)
		}
		rest = rest[i+1:]
		if short := "…" + rest; runewidth.StringWidth(short) <= most {
			return short
		}
	}
}

// text is the frame for people: function, and the line or else the image.
func (f stackFrame) text(w *printer) string {
	if f.Signal {
		return "<signal handler called>"
	}
	var b strings.Builder
	b.WriteString(w.blue(cmp.Or(f.Function, "??")))
	switch {
	case f.File != "":
		fmt.Fprintf(&b, "  %s:%d", f.File, f.Line)
	case f.Image != "":
		if f.Function != "" {
			fmt.Fprintf(&b, "+%#x", f.Offset)
		}
		b.WriteString("  " + filepath.Base(f.Image))
	}
	if f.Inlined {
		b.WriteString("  (inlined)")
	}
	return b.String()
}
