package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/proto"
)

const file = "../../../docs/support.md"

func TestDocumentIsCurrent(t *testing.T) {
	want, err := document()
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("docs/support.md is out of date: go generate ./internal/kernel/supportdoc")
	}
}

// The floor that the project has set itself.
func TestEnoughIsSupported(t *testing.T) {
	const floor = 260
	n := 0
	all := kernel.Table().Supports()
	for _, s := range all {
		if s.Level != core.None {
			n++
		}
	}
	if n < floor {
		t.Errorf("%d of %d functions are full or partial; at least %d should be", n, len(all), floor)
	}
}

func TestPeersAreServedInFull(t *testing.T) {
	table := kernel.Table()
	if len(peers()) != 7 {
		t.Errorf("%d programs in peers.txt", len(peers()))
	}
	except := excepted()
	for program, calls := range peers() {
		for _, name := range calls {
			l := table[name].Level
			switch {
			case core.Number(name) == 0:
				t.Errorf("%s: %s is no function", program, name)
			case l == core.Partial && except[name] != "":
			case l != core.Full:
				t.Errorf("%s calls %s, which is %s", program, name, l)
			}
		}
	}
	for name := range except {
		if l := table[name].Level; l != core.Partial {
			t.Errorf("%s is %s: take it off except.txt", name, l)
		}
	}
}

// A difference must be named, and what is supported must be there.
func TestNotes(t *testing.T) {
	for name, e := range kernel.Table() {
		switch {
		case e.Level == core.Partial && e.Note == "":
			t.Errorf("%s is partial without a word why", name)
		case e.Level == core.None && e.Handler != nil:
			t.Errorf("%s is none but has a handler", name)
		case e.Level != core.None && e.Handler == nil && !strings.HasPrefix(e.Note, "performed outside the kernel"):
			t.Errorf("%s is %s but has no handler", name, e.Level)
		}
	}
}

// Functions without support say so, whatever their arguments: here as messages
// to an object of the kernel bring them.
func TestNoneAnswersNotSupported(t *testing.T) {
	k := core.New(kernel.Table(), nil)
	called := 0
	for i := range proto.Functions {
		f := &proto.Functions[i]
		if kernel.Table()[f.Name].Level != core.None {
			continue
		}
		for _, args := range [][12]uint64{{}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {^uint64(0), ^uint64(0), ^uint64(0)}} {
			got := k.Call(&core.Ctx{Args: &args, MIG: new(core.Reply)}, i+1)
			want := uint64(0)
			if f.Returns == proto.KernReturn {
				want = uint64(uint32(mach.KERN_NOT_SUPPORTED))
			}
			if got != want {
				t.Errorf("%s answers %#x, not %#x", f.Name, got, want)
			}
		}
		called++
	}
	t.Logf("%d functions without support", called)
}
