package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomach/mach/internal/kernel/ipc"
)

// options is the parsed command line.
type options struct {
	program   string
	args      []string // with the program's name
	arch      string   // "" for whichever the file has
	root      string
	readOnly  []string
	writable  []string
	network   bool
	host      bool
	processes bool // of the host may be looked at
	messages  ipc.Policy
	trace     string
	gdb       string // address to wait for a debugger at
	count     []string
	slide     bool
	strict    bool   // functions that are not there end the program
	missing   string // list what this program wants, instead of running one
	exactly   bool   // writable is complete: see exactFlag
	confined  bool   // the host's kernel keeps to writable already
	ignored   uint32 // signals that the program inherits as ignored, and as blocked
	blocked   uint32
	kernel    int      // a descriptor that leads to the kernel of the runner that started this one
	runner    []string // how to run another program in the same way
}

// list collects a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }
func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

const usage = `usage: darwinrun [flags] PROGRAM [ARGS]

Runs a darwin/arm64 or darwin/amd64 executable on Linux.
Under the names go_darwin_arm64_exec and go_darwin_amd64_exec in $PATH it serves
"GOOS=darwin go test" and "GOOS=darwin go run" without further flags.

`

// parse reads the command line; argv[0] may choose the architecture.
func parse(argv []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("darwinrun", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	var ro, rw, count list
	f.StringVar(&o.root, "root", "", "directory that is / for the program")
	f.Var(&ro, "ro", "directory that the program may not change (may be repeated)")
	f.Var(&rw, "rw", "directory that the program may change besides the working and the temporary directory (may be repeated)")
	f.BoolVar(&o.network, "net", false, "allow the network beyond this machine")
	f.BoolVar(&o.host, "host-programs", false, "let the program start programs of the host, which nothing limits")
	f.BoolVar(&o.processes, "host-processes", false, "let the program look at processes of the host by Mach calls, but not change them")
	f.StringVar(&o.trace, "trace", "", "file for a trace of libSystem calls; - is standard error")
	f.StringVar(&o.gdb, "gdb", "", "address (HOST:PORT, or :PORT on the loopback interface) to wait for a debugger at, which speaks GDB's remote protocol")
	f.Var(&count, "count", "count guest instructions between calls of this symbol (may be repeated, or separated by commas)")
	f.BoolVar(&o.slide, "random-slide", false, "load the program at a random address")
	f.BoolVar(&o.strict, "strict", false, "end the program when it calls a function that darwinrun does not have, instead of answering ENOSYS")
	f.StringVar(&o.missing, "missing", "", "list what this program imports and darwinrun does not have, and run nothing")
	f.BoolVar(&o.exactly, exactFlag, false, "")
	f.BoolVar(&o.confined, confinedFlag, false, "")
	f.IntVar(&o.kernel, kernelFlag, 0, "")
	signals := f.String(signalsFlag, "", "")
	messages := f.String("messages", "", "which messages may go to which ports: macos13 (default), macos13-sip or macos12")
	argv0 := f.String("argv0", "", "the program's argv[0]")
	f.StringVar(&o.arch, "arch", "", "architecture to choose from a fat file: arm64 or amd64")
	if err := f.Parse(argv[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			err = &help{f}
		}
		return nil, err
	}
	var err error
	if o.messages, err = ipc.ParsePolicy(*messages); err != nil {
		return nil, err
	}
	if o.ignored, o.blocked, err = parseSignals(*signals); err != nil {
		return nil, err
	}
	switch filepath.Base(argv[0]) {
	case "go_darwin_arm64_exec":
		o.arch = "arm64"
	case "go_darwin_amd64_exec":
		o.arch = "amd64"
	}
	if o.arch != "" && o.arch != "arm64" && o.arch != "amd64" {
		return nil, fmt.Errorf("-arch is arm64 or amd64, not %q", o.arch)
	}
	if o.missing != "" {
		if f.NArg() > 0 {
			return nil, fmt.Errorf("-missing takes one file and runs nothing; %q is too much", f.Arg(0))
		}
		var other string
		f.Visit(func(x *flag.Flag) {
			if x.Name != "missing" && x.Name != "arch" {
				other = x.Name
			}
		})
		if other != "" {
			return nil, fmt.Errorf("-missing runs nothing, so -%s means nothing", other)
		}
		return o, nil
	}
	if f.NArg() == 0 {
		return nil, errors.New("no program given; darwinrun -h says more")
	}
	o.program, o.args = f.Arg(0), append([]string{}, f.Args()...)
	if *argv0 != "" {
		o.args[0] = *argv0
	}
	o.readOnly, o.writable = ro, rw
	for _, c := range count {
		o.count = append(o.count, strings.FieldsFunc(c, func(r rune) bool { return r == ',' })...)
	}
	if err := o.absolute(); err != nil {
		return nil, err
	}
	o.runner = o.again(argv[0], f)
	return o, nil
}

// Flags of runners for runners.
const (
	kernelFlag  = "kernel"
	signalsFlag = "signals"
	// exactFlag says that the folders that are named are all: what the working and the temporary
	// folder were stands among them, and those that a guest chooses for its child do not count.
	exactFlag = "exactly"
	// confinedFlag is of a runner that has started itself again, confined.
	confinedFlag = "confined"
)

// hidden says whether a flag is one of runners for runners.
func hidden(flag string) bool {
	return flag == kernelFlag || flag == exactFlag || flag == confinedFlag || flag == signalsFlag
}

// parseSignals reads two sets of signals: those that are ignored, and those that are blocked.
func parseSignals(s string) (ignored, blocked uint32, err error) {
	if s == "" {
		return 0, 0, nil
	}
	if n, err := fmt.Sscanf(s, "%d,%d", &ignored, &blocked); err != nil || n != 2 {
		return 0, 0, fmt.Errorf("-%s is two numbers, not %q", signalsFlag, s)
	}
	return ignored, blocked, nil
}

// help is the error of a command line that asks for help.
type help struct{ flags *flag.FlagSet }

func (h *help) Error() string { return flag.ErrHelp.Error() }

// describe prints what flags there are.
func describe(f *flag.FlagSet) {
	shown := flag.NewFlagSet("", flag.ContinueOnError)
	f.VisitAll(func(x *flag.Flag) {
		if !hidden(x.Name) {
			shown.Var(x.Value, x.Name, x.Usage)
		}
	})
	shown.SetOutput(os.Stdout)
	shown.PrintDefaults()
}

// again is the command line up to the program, for programs that the program starts: the same
// limits, wherever they are started.
func (o *options) again(argv0 string, f *flag.FlagSet) []string {
	self, err := os.Executable()
	if err != nil {
		self = argv0
	}
	r := []string{self, "-" + exactFlag}
	f.Visit(func(x *flag.Flag) {
		switch x.Name {
		case "argv0", "trace", "count", "gdb": // of this program alone
		case "root", "ro", "rw", exactFlag, confinedFlag, kernelFlag, signalsFlag:
		default:
			r = append(r, "-"+x.Name+"="+x.Value.String())
		}
	})
	if o.root != "" {
		r = append(r, "-root", o.root)
	}
	for _, d := range o.readOnly {
		r = append(r, "-ro", d)
	}
	for _, d := range o.writable {
		r = append(r, "-rw", d)
	}
	return r
}

// absolute makes the directories independent of the working directory and real, and adds those
// that the program may change unless told otherwise: the working and the temporary directory,
// or its own root.
func (o *options) absolute() error {
	for _, l := range [][]string{o.readOnly, o.writable} {
		for i := range l {
			p, err := realPath(l[i])
			if err != nil {
				return err
			}
			l[i] = p
		}
	}
	if o.root != "" {
		p, err := realPath(o.root)
		if err != nil {
			return err
		}
		o.root = p
	}
	switch {
	case o.exactly:
	case o.root != "":
		o.writable = append(o.writable, o.root)
	default:
		for _, d := range []string{".", os.TempDir()} {
			if p, err := realPath(d); err == nil {
				o.writable = append(o.writable, p)
			}
		}
	}
	return nil
}

func realPath(p string) (string, error) {
	p, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(p)
}

// environment is what the program gets: the runner's own, with Go's asynchronous
// preemption off, because the runner preempts and signals would only cost time.
func environment(env []string) []string {
	out := append([]string{}, env...)
	for i, e := range out {
		if v, ok := strings.CutPrefix(e, "GODEBUG="); ok {
			if !strings.Contains(v, "asyncpreemptoff=") {
				out[i] = strings.TrimSuffix("GODEBUG=asyncpreemptoff=1,"+v, ",")
			}
			return out
		}
	}
	return append(out, "GODEBUG=asyncpreemptoff=1")
}
