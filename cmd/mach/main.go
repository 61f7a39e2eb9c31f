package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	_ "github.com/gomach/mach/hosted" // on Linux; elsewhere it does nothing
	"github.com/gomach/mach/task"
)

// What the program ends with. "mach help exit-codes" tells the same.
const (
	exitFailed       = 1
	exitUsage        = 2
	exitNotFound     = 3
	exitNotPermitted = 4
	exitInterrupted  = 130
)

const exitText = `mach ends with

  0    all went well
  1    it failed: standard error says what and why
  2    the command line is wrong
  3    there is no such process, constant, struct, function or message
  4    the process may not be looked at: standard error says what to try
  130  a signal ended it; a process that it looked at runs on
`

func main() {
	// What is short-lived and small should not stop to collect.
	const moreGarbage = 400 // percent
	debug.SetGCPercent(moreGarbage)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if strings.HasPrefix(err.Error(), "if any flags in the group") { // cobra's, which has no type
		err = &usageError{err}
	}
	fmt.Fprintf(errs, "mach: %v\n", err)
	return exitCode(ctx, err)
}

// usageError is a wrong command line.
type usageError struct{ err error }

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }

// errNotFound is what there is not.
var errNotFound = errors.New("not found")

func exitCode(ctx context.Context, err error) int {
	var usage *usageError
	var signalled *task.SignalError // which may be here before the context has ended
	switch {
	case ctx.Err() != nil, errors.As(err, &signalled):
		return exitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errNotFound), errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
		return exitNotFound
	case errors.Is(err, fs.ErrPermission):
		return exitNotPermitted
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "mach",
		Short:         "Looks into processes and the host through Mach, and explains Mach",
		Long:          "mach looks into processes and the host through the Mach kernel's interface, and\nexplains its codes, constants, structs and functions.\n\nA PID may be the name of a process. Every command but run has --json.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			err := fmt.Errorf("there is no command %q", args[0])
			if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
				err = fmt.Errorf("%w; did you mean %q?", err, s[0])
			}
			return &usageError{fmt.Errorf("%w\n\"mach help\" lists them", err)}
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.PersistentFlags().Bool("json", false, "print JSON")
	root.AddGroup(&cobra.Group{ID: "process", Title: "A process:"}, &cobra.Group{ID: "host", Title: "The host:"}, &cobra.Group{ID: "offline", Title: "Mach explained:"})
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("process", regsCommand(), threadsCommand(), vmmapCommand(), footprintCommand(), readCommand(), writeCommand(), searchCommand(), portsCommand(), taskCommand(), doctorCommand(), runCommand())
	add("process", stackCommand(), coreCommand())
	add("host", hostCommand(), usedCommand(), cpuCommand(), vmstatCommand())
	add("offline", errorCommand(), constCommand(), structCommand(), funcCommand(), msgidCommand(), excCommand(), migCommand(), manCommand())
	root.AddCommand(&cobra.Command{Use: "exit-codes", Short: "What mach ends with", Long: exitText})
	root.AddCommand(&cobra.Command{Use: "examples", Short: "Command lines to start from", Long: examplesText})
	return root
}

const examplesText = `  mach regs 4711              the registers of all threads of process 4711
  mach regs -- sleep 60       the same of a program that mach starts and ends
  mach stack 4711             which function every thread is in, and who has called it
  mach vmmap firefox          the memory map of a process by its name
  mach read 4711 0x16f000000 256
  mach footprint 4711 --json
  mach core 4711 -o it.core   a core that LLDB opens, and mach: mach regs it.core
  mach ports 4711             its port rights, and who holds the other end
  mach search 4711 -s secret  where a text is in its memory
  mach doctor 4711            why it may not be looked at, and what mends that
  mach vmstat 2               what happens to the memory, every two seconds
  mach error 0x10000003       what a kern_return_t says
  mach error 5                codes are alike in hex and decimal
  mach const VM_PROT_READ     the value of a constant, on both CPUs
  mach const 46               which constants have that value
  mach struct task_vm_info    where the fields of a struct are
  mach func mach_vm_read      prototype, Go form and documentation
  mach msgid 3405             which routine a message is for
  mach exc decode EXC_BAD_ACCESS 1 0x10
`

// exactly wants a number of arguments and says which.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return &usageError{fmt.Errorf("%s is missing: %s", names[len(args)], cmd.UseLine())}
		case len(args) > len(names):
			return &usageError{fmt.Errorf("%q is too much: %s", args[len(names)], cmd.UseLine())}
		}
		return nil
	}
}

// optional allows one argument, or none.
func optional(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return exactly(name)(cmd, args)
	}
}
