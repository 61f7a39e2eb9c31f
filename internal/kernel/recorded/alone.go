package recorded

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gomach/mach"
)

// The memory of the language, which a Process alone keeps somewhere.
const (
	Memory     = memory
	MemorySize = memorySize
)

// Alone is one task of a sequence, performed by a process whose kernel may be
// any. What the other tasks do is no matter for it until a right goes from the
// one to the other.
type Alone struct {
	a    *actor
	task byte
	old  map[uint32]bool // names that were there before
	over bool
}

// NewAlone begins a sequence for one of its tasks.
func NewAlone(p Process, task int) *Alone {
	s := &Alone{a: newActor(p), task: '0' + byte(task), old: map[uint32]bool{}}
	s.a.give = giveSelf
	for _, n := range s.a.table() {
		s.old[n] = true
	}
	return s
}

// Do performs an operation of the task and holds its result against what is
// wanted. A sequence ends where the task dies, a right goes to or comes from
// another, a special port is about (a process has its own), or a name is written
// out that the process has given to something else; what follows is left out.
func (s *Alone) Do(line, want string) (got string, performed, right bool) {
	f := strings.Fields(line)
	if len(f) < 2 {
		return "bad line", false, false
	}
	other := f[0][0] != s.task
	gives := f[1] == "give" && len(f) > 2 && (f[2][0] != s.task || other)
	switch {
	case s.over:
		return "", false, true
	case other && !(gives && f[2][0] == s.task):
		return "", false, true
	case gives, f[1] == "die", f[1] == "tset", f[1] == "tget", !s.free(f[2:]):
		s.over = true
		return "", false, true
	}
	got = s.a.do(f[1:])
	if f[1] == "dump" {
		got = s.without(got)
	}
	if f[1] == "give" && got == refused {
		return got, true, strings.HasPrefix(want, "give ") && !strings.HasPrefix(want, "give 0 ")
	}
	return got, true, got == want
}

// without shows a dump without the names that were there before: they are the
// process's.
func (s *Alone) without(dump string) string {
	for n := range s.old {
		if _, shown := s.a.number[n]; shown {
			continue
		}
		s.a.Call("mach_port_type", uint64(s.a.self), uint64(n), s.a.out())
		dump = strings.Replace(dump, fmt.Sprintf(" ?:%x", s.a.word(outAt)), "", 1)
	}
	return dump
}

// free reports whether the places in the table are free that the words write
// out as names: which names a kernel gives is its own matter, and here the table
// has been used before.
func (s *Alone) free(words []string) bool {
	var used map[uint32]bool
	for _, w := range words {
		n, err := strconv.ParseUint(w, 0, 24)
		if err != nil || n < 0x3000 || !strings.HasPrefix(w, "0x") {
			continue
		}
		if used == nil {
			used = map[uint32]bool{}
			for _, name := range s.a.table() {
				used[name>>8] = true
			}
		}
		if used[uint32(n)>>8] {
			return false
		}
	}
	return true
}

// Names lists the names that have come since the beginning.
func (s *Alone) Names() (names []uint32) {
	for _, n := range s.a.table() {
		if !s.old[n] {
			names = append(names, n)
		}
	}
	return names
}

// refused is what a give says that failed: a message does not tell why.
const refused = "give refused"

// giveSelf hands a right to the own task, in a message to a port of its own.
func giveSelf(a *actor, x *arguments) string {
	_, name, d, disposition := x.narrow(), x.narrow(), x.wide(), x.narrow()
	if n := mach.MachPort(name); n == mach.MACH_PORT_NULL || n == mach.MACH_PORT_DEAD {
		return " null"
	}
	a.Call("mach_port_allocate", uint64(a.self), uint64(mach.MACH_PORT_RIGHT_RECEIVE), a.out())
	port := uint64(a.word(outAt))
	defer a.Call("mach_port_mod_refs", uint64(a.self), port, uint64(mach.MACH_PORT_RIGHT_RECEIVE), ^uint64(0))
	size := a.build(message{bits: uint64(mach.MACH_MSGH_BITS_COMPLEX) | uint64(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), remote: port},
		[]string{fmt.Sprintf("p:%d:%d", name, disposition)})
	if kr := a.Call("mach_msg", sendAt, uint64(mach.MACH_SEND_MSG), uint64(size), 0, 0, 0, 0); kr != mach.KERN_SUCCESS {
		return strings.TrimPrefix(refused, "give")
	}
	if kr := a.Call("mach_msg", receiveAt, uint64(mach.MACH_RCV_MSG), 0, receiveSize, port, 0, 0); kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	n := a.word(receiveAt + 28)
	a.set(d, n)
	return " 0 0 " + a.name(n)
}
