package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// threadRegisters are what one thread has.
type threadRegisters struct {
	Number    int        `json:"number"`
	ID        uint64     `json:"id,omitempty"`
	Name      string     `json:"name,omitempty"`
	Error     string     `json:"error,omitempty"` // instead of the rest
	Registers []register `json:"registers,omitempty"`
	Vector    []vector   `json:"vector,omitempty"`
	Exception []register `json:"exception,omitempty"`
}

type register struct {
	Name  string  `json:"name"`
	Value address `json:"value"`
}

type vector struct {
	Name string  `json:"name"`
	Low  address `json:"low"`
	High address `json:"high"`
}

// address is a number that JSON has as text, as many readers have numbers of 53 bits
// only.
type address uint64

func (h address) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%#x", uint64(h)), nil }

func regsCommand() *cobra.Command {
	var all, watch bool
	var every time.Duration
	var looks int
	c := &cobra.Command{
		Use:   "regs PID|CORE | -- COMMAND [ARGUMENT...]",
		Short: "The registers of every thread",
		Long:  "regs prints the registers of every thread of a process, which is stopped for that\nmoment and runs on, or those in a core. After -- it starts a program, and ends it afterwards. --all adds\nvector and exception registers. --watch looks again and again, and prints what has changed,\nuntil the process ends or it is interrupted.",
		Args:  pidOrCommand, ValidArgsFunction: completeSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case every <= 0:
				return &usageError{fmt.Errorf("--interval is more than 0, not %v", every)}
			case looks < 0:
				return &usageError{fmt.Errorf("%d is no number of looks", looks)}
			case watch && len(args) > 0 && isCore(args[0]):
				return &usageError{errors.New("nothing changes in a core")}
			}
			want, end, err := launched(cmd, args)
			if err != nil {
				return err
			}
			defer end()
			if watch {
				return inspect(cmd, want, func(t *task.Task, pid int) error { return watchRegisters(cmd, t, pid, all, every, looks) })
			}
			return look(cmd, want, func(s subject, pid int) error {
				found, err := s.registers(cmd.Context(), all)
				if err != nil {
					return err
				}
				return emit(cmd, struct {
					PID     int               `json:"pid"`
					Threads []threadRegisters `json:"threads"`
				}{pid, found}, func(w *printer) { printEach(w, found, func(w *printer, r threadRegisters) { r.print(w) }) })
			})
		},
	}
	c.Flags().BoolVarP(&all, "all", "a", false, "vector and exception registers, too")
	c.Flags().BoolVarP(&watch, "watch", "w", false, "look again and again, and print what has changed")
	c.Flags().DurationVar(&every, "interval", time.Second, "the time between two looks of --watch")
	c.Flags().IntVarP(&looks, "count", "n", 0, "how many looks of --watch; 0 for no end")
	return c
}

func registers(ctx context.Context, t *task.Task, all bool) ([]threadRegisters, error) {
	threads, err := t.WithContext(ctx).Threads()
	if err != nil {
		return nil, err
	}
	defer threads.Close()
	var out []threadRegisters
	for i, th := range threads.All() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x := threadRegisters{Number: i}
		x.ID, _ = th.ID()
		x.Name, _ = th.Label()
		r, err := th.Registers()
		if err != nil {
			x.Error = err.Error()
		} else {
			x.general(r)
			if all {
				x.more(th, r.CPU)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func (x *threadRegisters) general(r *task.Registers) {
	for name, v := range r.All() {
		x.Registers = append(x.Registers, register{name, address(v)})
	}
}

// more adds what not everybody wants to see. A system that has no such registers
// leaves them out.
func (x *threadRegisters) more(th *task.Thread, cpu mach.CPUType) {
	if cpu == mach.CPU_TYPE_ARM64 {
		x.arm(stateOf[mach.ARMNeonState64](th), stateOf[mach.ARMExceptionState64](th))
		return
	}
	x.x86(stateOf[mach.X86FloatState64](th), stateOf[mach.X86ExceptionState64](th))
}

// stateOf is nil where the system has no such state.
func stateOf[T task.StateType](th *task.Thread) *T {
	s, err := task.State[T](th)
	if err != nil {
		return nil
	}
	return &s
}

func (x *threadRegisters) arm(neon *mach.ARMNeonState64, exception *mach.ARMExceptionState64) {
	if neon != nil {
		for i, v := range neon.V {
			x.Vector = append(x.Vector, vector{fmt.Sprintf("v%d", i), address(v[0]), address(v[1])})
		}
	}
	if s := exception; s != nil {
		x.Exception = []register{{"far", address(s.Far)}, {"esr", address(s.Esr)}, {"exception", address(s.Exception)}}
	}
}

func (x *threadRegisters) x86(float *mach.X86FloatState64, exception *mach.X86ExceptionState64) {
	if s := float; s != nil {
		for i, v := range [...]*mach.DarwinXmmReg{
			&s.FPUXmm0, &s.FPUXmm1, &s.FPUXmm2, &s.FPUXmm3, &s.FPUXmm4, &s.FPUXmm5, &s.FPUXmm6, &s.FPUXmm7,
			&s.FPUXmm8, &s.FPUXmm9, &s.FPUXmm10, &s.FPUXmm11, &s.FPUXmm12, &s.FPUXmm13, &s.FPUXmm14, &s.FPUXmm15,
		} {
			low, high := halves(v)
			x.Vector = append(x.Vector, vector{fmt.Sprintf("xmm%d", i), low, high})
		}
	}
	if s := exception; s != nil {
		x.Exception = []register{{"trapno", address(s.Trapno)}, {"err", address(s.Err)}, {"faultvaddr", address(s.Faultvaddr)}}
	}
}

// halves are the two words of a register of 16 bytes.
func halves(r *mach.DarwinXmmReg) (low, high address) {
	for i := range 8 {
		low |= address(uint8(r.XmmReg[i])) << (8 * i)
		high |= address(uint8(r.XmmReg[8+i])) << (8 * i)
	}
	return low, high
}

func (x threadRegisters) print(w *printer) {
	if !printThread(w, x.Number, x.ID, x.Name, x.Error) {
		return
	}
	printRegisters(w, x.Registers)
	for _, v := range x.Vector {
		w.line(fmt.Sprintf("  %-6s %#016x %016x", v.Name, uint64(v.High), uint64(v.Low)))
	}
	printRegisters(w, x.Exception)
}

// printRegisters prints three to a line, which is 78 columns.
func printRegisters(w *printer, list []register) {
	for i, r := range list {
		w.WriteString(fmt.Sprintf("  %-6s %#-18x", r.Name, uint64(r.Value)))
		if i%3 == 2 || i == len(list)-1 {
			w.line()
		}
	}
}
