//go:build linux && (amd64 || arm64)

package machkern

import (
	"errors"
	"io/fs"
	"os"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/cmd/internal/guest/wire"
	"github.com/gomach/mach/internal/kernel/core"
)

// What a guest's runner and the kernel in another runner say to each other. To the kernel:
type (
	// hello is the first question; adopted is its answer.
	hello struct {
		CPU      mach.CPUType
		PageSize uint64
		Usage    core.Usage
	}
	adopted struct {
		Self, Boot mach.MachPort
		Timebase   proc.Timebase
		How        libsystem.Tracing
	}

	invoke struct {
		Thread, Symbol int
		Waits          bool
		Args           [12]uint64
	}
	trap struct {
		Thread int
		What   raised
	}
	// callWaits is what the kernel tells of a call of invoke that was not to wait, and does.
	callWaits    struct{ Thread int }
	threadEnded  struct{ Thread int }
	threadNamed  struct{ Thread int }
	threadNameOf struct{ Name mach.MachPort }
	// expected says that a process is going to be a guest; the connection that its runner has
	// the other end of comes along.
	expected struct {
		PID int
		How libsystem.Tracing
	}
	// watchPort begins a watch of a port or a port set under a number that the guest chooses; the
	// answer's word is an error number. portWoken is what the kernel tells then.
	watchPort struct {
		ID   int
		Name mach.MachPort
	}
	unwatchPort struct{ ID int }
	firstPort   struct{ ID int }
	edgeOfPort  struct{ ID int }
	// replaced says that the guest is about to map something in the place of what is in a range.
	replaced  struct{ Addr, Size uint64 }
	portWoken struct{ ID int }
	// reply answers all questions to the kernel but hello.
	reply struct {
		Word uint64
		OK   bool
	}
)

// toKernel is a message from a guest.
type toKernel interface {
	handle(s *guestTask, files []*os.File) any
}

// toGuest is a question of the kernel about a guest.
type toGuest interface {
	handle(g *Guest, files []*os.File) (outcome, error)
}

// outcome answers all questions to guests.
type outcome struct {
	Failed  failure
	N       uint64
	Bytes   []byte
	Words   []uint32
	IDs     []int
	Regions []core.Region
	Usage   *core.Usage
	Thread  *core.ThreadUsage
}

func init() {
	wire.Register(
		hello{}, adopted{}, invoke{}, callWaits{}, trap{}, threadEnded{}, threadNamed{}, threadNameOf{}, expected{}, reply{},
		watchPort{}, unwatchPort{}, firstPort{}, edgeOfPort{}, portWoken{}, replaced{},
		readMemory{}, writeMemory{}, bounds(0), regions{}, mapMemory{}, onRange{}, pagesOf{}, countRegion{},
		traceOf{}, traced{}, hold{}, threads(0), openThread{}, usage(0), imageInfos(0), newThreads{}, onThread{}, address{}, outcome{},
	)
}

// failure is an error on its way: of its meaning those survive that the kernel looks for.
type failure struct {
	Kind int // index into meanings plus one; 0: none of them
	Text string
}

var meanings = []error{
	fs.ErrNotExist, fs.ErrPermission, fs.ErrExist, fs.ErrInvalid, errors.ErrUnsupported, core.ErrNoSpace, core.ErrInvalidState,
	core.ErrNoDebugRegisters,
}

func failureOf(err error) (f failure) {
	if err == nil {
		return f
	}
	f.Text = err.Error()
	for i, m := range meanings {
		if errors.Is(err, m) {
			f.Kind = i + 1
		}
	}
	return f
}

func (f failure) err() error {
	switch {
	case f.Text == "":
		return nil
	case f.Kind > 0 && f.Kind <= len(meanings):
		return failed{f.Text, meanings[f.Kind-1]}
	}
	return errors.New(f.Text)
}

type failed struct {
	text    string
	meaning error
}

func (f failed) Error() string { return f.text }
func (f failed) Unwrap() error { return f.meaning }

// ask asks a guest.
func ask(c *wire.Conn, q toGuest, files ...*os.File) (outcome, error) {
	a, err := c.Ask(q, files...)
	if err != nil {
		return outcome{}, failed{err.Error(), fs.ErrNotExist}
	}
	o, ok := a.(outcome)
	if !ok {
		return o, errors.New("the guest's runner did not understand")
	}
	return o, o.Failed.err()
}
