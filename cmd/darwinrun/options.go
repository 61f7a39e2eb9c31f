package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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
	trace     string
	gdb       string // address to wait for a debugger at
	count     []string
	slide     bool
	kernel    string   // address of the kernel of the runner that started this one
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
	f.StringVar(&o.kernel, kernelFlag, "", "")
	argv0 := f.String("argv0", "", "the program's argv[0]")
	f.StringVar(&o.arch, "arch", "", "architecture to choose from a fat file: arm64 or amd64")
	if err := f.Parse(argv[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Print(usage)
			describe(f)
			os.Exit(0)
		}
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
	o.runner = runner(argv, len(argv)-f.NArg())
	return o, o.absolute()
}

// kernelFlag is of runners for runners.
const kernelFlag = "kernel"

// describe prints what flags there are.
func describe(f *flag.FlagSet) {
	shown := flag.NewFlagSet("", flag.ContinueOnError)
	f.VisitAll(func(x *flag.Flag) {
		if x.Name != kernelFlag {
			shown.Var(x.Value, x.Name, x.Usage)
		}
	})
	shown.SetOutput(os.Stdout)
	shown.PrintDefaults()
}

// runner is the command line up to the program, for programs that the program starts.
func runner(argv []string, flags int) []string {
	self, err := os.Executable()
	if err != nil {
		self = argv[0]
	}
	r := []string{self}
	for i := 1; i < flags; i++ {
		switch name, _, hasValue := strings.Cut(strings.TrimLeft(argv[i], "-"), "="); name {
		case "argv0", "trace", "count", "gdb": // of this program alone
			if !hasValue {
				i++
			}
			continue
		}
		r = append(r, argv[i])
	}
	return r
}

// absolute makes the directories independent of the working directory and real.
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
