package recorded

import (
	"fmt"
	"strings"

	"github.com/gomach/mach"
)

// operation performs an operation and returns what stands behind its name in
// the result.
type operation func(a *actor, x *arguments) string

// operations by name. init breaks the circle: dump performs others.
var operations map[string]operation

func init() {
	operations = map[string]operation{
		"alloc":   allocate,
		"allocn":  allocateName,
		"dealloc": simple("mach_port_deallocate", "n"),
		"destroy": simple("mach_port_destroy", "n"),
		"modrefs": simple("mach_port_mod_refs", "nnn"),
		"getrefs": getRefs,
		"type":    getType,
		"insr":    insertRight,
		"extr":    extractRight,
		"insm":    simple("mach_port_insert_member", "nn"),
		"extm":    simple("mach_port_extract_member", "nn"),
		"movm":    simple("mach_port_move_member", "nn"),
		"reqnot":  requestNotification,
		"getattr": getAttributes,
		"setattr": setAttributes,
		"setms":   simple("mach_port_set_mscount", "nn"),
		"setseq":  simple("mach_port_set_seqno", "nn"),
		"getctx":  getContext,
		"setctx":  simple("mach_port_set_context", "nw"),
		"guard":   simple("mach_port_guard", "nwn"),
		"guardf":  simple("mach_port_guard_with_flags", "nww"),
		"unguard": simple("mach_port_unguard", "nw"),
		"swapg":   simple("mach_port_swap_guard", "nww"),

		"construct": construct,
		"destruct":  simple("mach_port_destruct", "nnw"),
		"peek":      func(a *actor, x *arguments) string { return peek(a, x, false) },
		"peekz":     func(a *actor, x *arguments) string { return peek(a, x, true) },
		"setstat":   setStatus,

		"exset":   setHandlers("task"),
		"exget":   getHandlers("task"),
		"exswap":  swapHandlers("task"),
		"extset":  setHandlers("thread"),
		"extget":  getHandlers("thread"),
		"extswap": swapHandlers("thread"),
		"tset":    setSpecial,
		"tget":    getSpecial,

		"give": func(a *actor, x *arguments) string { return a.give(a, x) },
		"die":  die,
		"dump": dump,
		"send": send,
		"sr":   sendReceive,
		"recv": receive,
	}
}

// code shows a return code.
func code(kr mach.KernReturn) string { return fmt.Sprintf(" %x", uint32(kr)) }

// simple is an operation whose function takes the task and its arguments, 32
// (n) or 64 bits (w) wide, and gives nothing back.
func simple(name, widths string) operation {
	return func(a *actor, x *arguments) string {
		args := []uint64{uint64(a.self)}
		for _, w := range widths {
			if w == 'w' {
				args = append(args, x.wide())
			} else {
				args = append(args, x.narrow())
			}
		}
		return code(a.Call(name, args...))
	}
}

// named is the result of a function that gives a name: it stands at addr and
// goes into a variable.
func (a *actor) named(kr mach.KernReturn, variable, addr uint64) string {
	if kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	n := a.word(addr)
	a.set(variable, n)
	return code(kr) + " " + a.name(n)
}

func allocate(a *actor, x *arguments) string {
	d, right := x.wide(), x.narrow()
	return a.named(a.Call("mach_port_allocate", uint64(a.self), right, a.out()), d, outAt)
}

func allocateName(a *actor, x *arguments) string {
	d, right, name := x.wide(), x.narrow(), x.narrow()
	kr := a.Call("mach_port_allocate_name", uint64(a.self), right, name)
	return a.chosen(kr, d, name)
}

// chosen is named for a name that the caller chose.
func (a *actor) chosen(kr mach.KernReturn, variable, name uint64) string {
	if kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	a.set(variable, uint32(name))
	return code(kr) + " " + a.name(uint32(name))
}

func (a *actor) number32(kr mach.KernReturn, format string) string {
	if kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	return code(kr) + fmt.Sprintf(format, a.word(outAt))
}

func getRefs(a *actor, x *arguments) string {
	return a.number32(a.Call("mach_port_get_refs", uint64(a.self), x.narrow(), x.narrow(), a.out()), " %d")
}

func getType(a *actor, x *arguments) string {
	return a.number32(a.Call("mach_port_type", uint64(a.self), x.narrow(), a.out()), " %x")
}

func insertRight(a *actor, x *arguments) string {
	d, name, from, disposition := x.wide(), x.narrow(), x.narrow(), x.narrow()
	return a.chosen(a.Call("mach_port_insert_right", uint64(a.self), name, from, disposition), d, name)
}

func extractRight(a *actor, x *arguments) string {
	d, from, disposition := x.wide(), x.narrow(), x.narrow()
	kr := a.Call("mach_port_extract_right", uint64(a.self), from, disposition, a.out(), outAt+8)
	s := a.named(kr, d, outAt)
	if kr != mach.KERN_SUCCESS {
		return s
	}
	return s + fmt.Sprintf(" pp%d", a.word(outAt+8))
}

func requestNotification(a *actor, x *arguments) string {
	d, name, id, sync, notify, disposition := x.wide(), x.narrow(), x.narrow(), x.narrow(), x.narrow(), x.narrow()
	kr := a.Call("mach_port_request_notification", uint64(a.self), name, id, sync, notify, disposition, a.out())
	return strings.Replace(a.named(kr, d, outAt), "0 ", "0 prev", 1)
}

func getAttributes(a *actor, x *arguments) string {
	name, flavor, count := x.narrow(), x.narrow(), uint32(x.narrow())
	a.out()
	b := make([]byte, 4)
	le.PutUint32(b, count)
	a.write(inAt, b)
	kr := a.Call("mach_port_get_attributes", uint64(a.self), name, flavor, outAt, inAt)
	if kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	count = a.word(inAt)
	s := code(kr) + fmt.Sprintf(" c%d", count)
	for i := range min(uint64(count), 64) {
		w := a.word(outAt + 4*i)
		if flavor == uint64(mach.MACH_PORT_RECEIVE_STATUS) && i == 0 && w != 0 {
			w = 1 // in a set: which one is not specified
		}
		s += fmt.Sprintf(" %x", w)
	}
	return s
}

func setAttributes(a *actor, x *arguments) string {
	name, flavor, count := x.narrow(), x.narrow(), x.narrow()
	b := make([]byte, 256)
	for i := 0; len(x.words) > 0 && 4*i < len(b); i++ {
		le.PutUint32(b[4*i:], uint32(x.narrow()))
	}
	a.write(inAt, b)
	return code(a.Call("mach_port_set_attributes", uint64(a.self), name, flavor, inAt, count))
}

func getContext(a *actor, x *arguments) string {
	kr := a.Call("mach_port_get_context", uint64(a.self), x.narrow(), a.out())
	if kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	return code(kr) + fmt.Sprintf(" %x", a.context(outAt))
}

func construct(a *actor, x *arguments) string {
	d, flags, context, limit := x.wide(), x.narrow(), x.wide(), x.narrow()
	b := make([]byte, 64)
	le.PutUint32(b, uint32(flags))
	le.PutUint32(b[4:], uint32(limit))
	a.write(inAt, b)
	return a.named(a.Call("mach_port_construct", uint64(a.self), inAt, context, a.out()), d, outAt)
}

// peek asks for a trailer, with room for all of it if none is said.
func peek(a *actor, x *arguments, size bool) string {
	name, seqno, trailer, room := x.narrow(), x.narrow(), x.narrow(), x.narrow()
	if room == 0 {
		room = 68
	}
	a.out()
	b := make([]byte, 8)
	le.PutUint32(b, uint32(seqno))
	le.PutUint32(b[4:], uint32(room))
	a.write(inAt, b)
	kr := a.Call("mach_port_peek", uint64(a.self), name, trailer, inAt, outAt, outAt+4, outAt+8, inAt+4)
	if kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	s := code(kr) + fmt.Sprintf(" sq%d id%d tz%d", a.word(inAt), int32(a.word(outAt+4)), a.word(inAt+4))
	if size {
		s += fmt.Sprintf(" sz%d", a.word(outAt))
	}
	return s
}

func setStatus(a *actor, x *arguments) string {
	kr := a.Call("mach_port_get_set_status", uint64(a.self), x.narrow(), a.out(), outAt+8)
	if kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	names := a.array(outAt, outAt+8)
	s := code(kr) + fmt.Sprintf(" c%d", len(names))
	for _, n := range a.byNumber(names) {
		s += " " + a.name(n)
	}
	return s
}

// array reads an array that a call gave: its address and count stand there.
func (a *actor) array(addr, count uint64) []uint32 {
	n := a.word(count)
	b := a.read(le.Uint64(a.read(addr, 8)), int(4*n))
	words := make([]uint32, 0, n)
	for ; len(b) >= 4; b = b[4:] {
		words = append(words, le.Uint32(b))
	}
	return words
}

// give moves a right to a task as a port descriptor does, without a message.
func give(a *actor, x *arguments) string {
	to, name, d, disposition := x.narrow(), x.narrow(), x.wide(), x.narrow()
	b := a.w.tasks[to%tasks]
	if b.dead {
		return " dead"
	}
	if n := mach.MachPort(name); n == mach.MACH_PORT_NULL || n == mach.MACH_PORT_DEAD {
		return " null"
	}
	r, kr := a.task.Space.CopyinRight(mach.MachPort(name), mach.MachMsgTypeName(disposition))
	if kr != mach.KERN_SUCCESS {
		return code(kr)
	}
	n, out := b.task.Space.CopyoutRight(r)
	s := code(kr) + code(out)
	if out == mach.KERN_SUCCESS {
		b.set(d, uint32(n))
		s += " " + b.name(uint32(n))
	}
	return s
}

func die(a *actor, _ *arguments) string {
	a.dead = true
	a.task.End()
	return ""
}
