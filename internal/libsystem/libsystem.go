// Package libsystem is the narrow waist below package mach: a symbol of
// libSystem and a frame with its arguments.
//
// On Darwin a call goes to libSystem through a trampoline and an assembly stub
// that loads the arguments as Apple's calling convention asks. Elsewhere it
// goes to the kernel that was registered, if any. This package and the files
// generated into it are the only place with linknames and calls by address.
package libsystem

import "unsafe"

// Symbol stands for a function: the address of its trampoline on Darwin, its
// number elsewhere.
type Symbol uintptr

// Head begins every argument frame. The arguments follow, a machine word each
// and in C order; frames of wide calls are laid out for their CPU instead.
// Pointers in a frame are typed, so that the collector and the stack copier
// see them.
type Head struct {
	fn  uintptr // address to call, unless the function has a stub of its own
	ret uint64  // result, set by the stub
}

// Late is a function that the oldest supported system lacks. Importing it
// would keep a program from launching there, so it is looked up at first use.
type Late struct {
	name    string // C name with its NUL
	since   string // first measured SDK that has it
	lacking string // last measured SDK that does not
	sym     Symbol // on systems other than Darwin
	late
}

// Name is the C name.
func (l *Late) Name() string { return l.name[:len(l.name)-1] }

// Since is the first macOS whose SDK was seen to have the function, Lacking
// the last one whose SDK was seen to lack it.
func (l *Late) Since() string   { return l.since }
func (l *Late) Lacking() string { return l.lacking }

var (
	sink  unsafe.Pointer
	never bool
)

// Escape returns p and makes what it points to live on the heap, where memory
// does not move: for addresses that the compiler cannot follow.
func Escape(p unsafe.Pointer) unsafe.Pointer {
	if never {
		sink = p
	}
	return p
}
