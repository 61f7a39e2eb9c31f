//go:build linux && (amd64 || arm64)

package machkern

import (
	"encoding/gob"
	"errors"
	"io/fs"
	"os"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/guest/wire"
	"github.com/gomach/mach/internal/kernel/core"
)

// What a guest's runner and the kernel in another runner say to each other. To the kernel:
type (
	// hello is the first question; welcome is its answer.
	hello struct {
		CPU      mach.CPUType
		PageSize uint64
		Usage    core.Usage
	}
	welcome struct{ Self, Boot mach.MachPort }

	invoke struct {
		Thread, Symbol int
		Waits          bool
		Args           [12]uint64
	}
	trap struct {
		Thread int
		What   raised
	}
	threadEnded  struct{ Thread int }
	threadNamed  struct{ Thread int }
	threadNameOf struct{ Name mach.MachPort }
	expected     struct {
		PID int
		Not bool
	}
	// reply answers all questions to the kernel but hello.
	reply struct {
		Word uint64
		OK   bool
	}
)

// toKernel is a message from a guest.
type toKernel interface {
	on(s *seat) any
}

// toGuest is a question of the kernel about a guest.
type toGuest interface {
	about(g *Guest, files []*os.File) (outcome, error)
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
	for _, m := range []any{
		hello{}, welcome{}, invoke{}, trap{}, threadEnded{}, threadNamed{}, threadNameOf{}, expected{}, reply{},
		readMemory{}, writeMemory{}, bounds(0), regions{}, mapMemory{}, onRange{}, pagesOf{}, countRegion{},
		hold{}, threads(0), openThread{}, usage(0), imageInfos(0), onThread{}, address{}, outcome{},
	} {
		gob.Register(m)
	}
}

// failure is an error on its way: of its meaning those survive that the kernel looks for.
type failure struct {
	Kind int // index into meanings plus one; 0: none of them
	Text string
}

var meanings = []error{
	fs.ErrNotExist, fs.ErrPermission, fs.ErrExist, fs.ErrInvalid, errors.ErrUnsupported, core.ErrNoSpace, core.ErrInvalidState,
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
