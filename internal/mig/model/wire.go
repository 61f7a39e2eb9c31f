package model

import "strings"

// Wire is a type as messages know it: a kind of data with its size, or a kind of port
// right. What a client sends and what a server gets have one each, which differ for
// rights: who sends says what the kernel shall do, and who receives is told what it got.
type Wire struct {
	Name string // the constant of <mach/message.h>, MACH_MSG_TYPE_ left out
	Bits int64  // of one; 0 if the name does not tell
	Port bool
}

// Polymorphic is a right whose kind the caller chooses.
const Polymorphic = "POLYMORPHIC"

// wires are what .defs files may name (<mach/message.h>).
var wires = map[string]struct {
	in, out Wire
}{
	"UNSTRUCTURED": data("UNSTRUCTURED", 0), "BIT": data("BIT", 1), "BOOLEAN": data("BOOLEAN", 32),
	"INTEGER_8": data("INTEGER_8", 8), "INTEGER_16": data("INTEGER_16", 16),
	"INTEGER_32": data("INTEGER_32", 32), "INTEGER_64": data("INTEGER_64", 64),
	"REAL_32": data("REAL_32", 32), "REAL_64": data("REAL_64", 64),
	"CHAR": data("CHAR", 8), "BYTE": data("BYTE", 8), "PORT_NAME": data("PORT_NAME", 32),

	"MOVE_RECEIVE": right("MOVE_RECEIVE", "PORT_RECEIVE"), "COPY_SEND": right("COPY_SEND", "PORT_SEND"),
	"MAKE_SEND": right("MAKE_SEND", "PORT_SEND"), "MOVE_SEND": right("MOVE_SEND", "PORT_SEND"),
	"MAKE_SEND_ONCE": right("MAKE_SEND_ONCE", "PORT_SEND_ONCE"), "MOVE_SEND_ONCE": right("MOVE_SEND_ONCE", "PORT_SEND_ONCE"),
	"PORT_RECEIVE": right(Polymorphic, "PORT_RECEIVE"), "PORT_SEND": right(Polymorphic, "PORT_SEND"),
	"PORT_SEND_ONCE": right(Polymorphic, "PORT_SEND_ONCE"), Polymorphic: right(Polymorphic, Polymorphic),
}

func data(name string, bits int64) (w struct{ in, out Wire }) {
	w.in = Wire{Name: name, Bits: bits}
	w.out = w.in
	return w
}

func right(in, out string) (w struct{ in, out Wire }) {
	w.in, w.out = Wire{Name: in, Bits: 32, Port: true}, Wire{Name: out, Bits: 32, Port: true}
	return w
}

// lookUpWire finds a type by its name in a .defs file.
func lookUpWire(text string) (in, out Wire, ok bool) {
	name := strings.TrimPrefix(text, "MACH_MSG_TYPE_")
	if strings.EqualFold(text, "polymorphic") {
		name = Polymorphic
	}
	w, ok := wires[name]
	return w.in, w.out, ok
}
