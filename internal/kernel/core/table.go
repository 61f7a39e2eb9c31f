package core

import (
	"fmt"
	"sort"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/proto"
)

// Handler performs a function. Its result is the value that the C function
// returns: a kern_return_t for most.
type Handler func(c *Ctx) uint64

// K makes a Handler of a function that returns a kern_return_t.
func K(f func(c *Ctx) mach.KernReturn) Handler {
	return func(c *Ctx) uint64 { return uint64(uint32(f(c))) }
}

// Level says how far a function is supported.
type Level uint8

// The levels. None answers KERN_NOT_SUPPORTED, or what XNU answers today for a
// function that it no longer serves: then the level is Full and the note says
// so.
const (
	None Level = iota
	Partial
	Full
)

func (l Level) String() string { return [...]string{"none", "partial", "full"}[l] }

// Entry is a function's line in the support table.
type Entry struct {
	Handler Handler
	Level   Level
	Note    string // for Partial: the difference from Darwin; for None: why
}

// Table maps C names to entries. Each subsystem has one.
type Table map[string]Entry

// Add merges another table; a function that stands in both is a mistake in the
// kernel and panics at start.
func (t Table) Add(o Table) {
	for name, e := range o {
		if _, dup := t[name]; dup {
			panic("kernel: " + name + " is in two tables")
		}
		t[name] = e
	}
}

// Support is a line of the support table, for the docs.
type Support struct {
	Name  string
	Level Level
	Note  string
}

// Supports lists all exported functions with their level, in order of name.
func (t Table) Supports() []Support {
	var out []Support
	for i := range proto.Functions {
		name := proto.Functions[i].Name
		e := t[name]
		out = append(out, Support{name, e.Level, e.Note})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// index turns the table into handlers by symbol number (position in
// proto.Functions plus one).
func (t Table) index() []Handler {
	h := make([]Handler, len(proto.Functions)+1)
	known := map[string]bool{}
	for i := range proto.Functions {
		name := proto.Functions[i].Name
		known[name] = true
		h[i+1] = t[name].Handler
		if h[i+1] == nil {
			h[i+1] = notSupported(&proto.Functions[i])
		}
		h[i+1] = sent(&proto.Functions[i], h[i+1])
	}
	for name := range t {
		if !known[name] {
			panic(fmt.Sprintf("kernel: %s is not a function that libSystem exports", name))
		}
	}
	return h
}

// notSupported answers for functions without a handler.
func notSupported(f *proto.Function) Handler {
	if f.Returns != proto.KernReturn {
		return func(*Ctx) uint64 { return 0 }
	}
	return func(*Ctx) uint64 { return uint64(uint32(mach.KERN_NOT_SUPPORTED)) }
}
