package ipc

import "github.com/gomach/mach"

// A name is an index and a generation: index<<8 | generation. A name that is
// freed and used again gets another generation, so that a stale name is
// noticed. The lowest two bits of a generation are set, as on Darwin
// (osfmk/ipc/ipc_entry.h).
const (
	genStep  = 4
	genLow   = 3
	maxIndex = 1<<24 - 2 // index 0xffffff would make MACH_PORT_DEAD
	maxUrefs = 0xffff
	// maxChosen bounds the index of a chosen name, as it makes the table grow.
	maxChosen = 1<<20 - 1
)

// entry is a slot of a space's table. Its type says which rights it holds; a
// free slot has none.
type entry struct {
	typ   mach.MachPortType_t // MACH_PORT_TYPE_* of the rights, without requests
	urefs uint32
	gen   uint8
	// immovable: the right can be used but not moved; own: it is the one that
	// InsertOwn gave; received: there was a receive right, which is gone.
	immovable, own bool
	received       bool
	port           *Port
	set            *Set
	request        int    // index of the dead-name request in port.requests, plus one
	next           uint32 // free list
}

func nameOf(index uint32, gen uint8) mach.MachPort { return mach.MachPort(index<<8 | uint32(gen)) }

func indexOf(name mach.MachPort) uint32 { return uint32(name) >> 8 }
func genOf(name mach.MachPort) uint8    { return uint8(name) }

func valid(name mach.MachPort) bool {
	return name != mach.MACH_PORT_NULL && name != mach.MACH_PORT_DEAD
}
