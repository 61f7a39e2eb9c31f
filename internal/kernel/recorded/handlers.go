package recorded

import (
	"fmt"

	"github.com/gomach/mach"
)

// object is the name of the task's or its thread's port. The first question for
// the thread's makes it.
func (a *actor) object(kind string) uint64 {
	if kind == "task" {
		return uint64(a.self)
	}
	if a.thread == 0 {
		a.thread = uint32(a.Call("mach_thread_self"))
	}
	return uint64(a.thread)
}

func setHandlers(kind string) operation {
	return func(a *actor, x *arguments) string {
		return code(a.Call(kind+"_set_exception_ports", a.object(kind), x.narrow(), x.narrow(), x.narrow(), x.narrow()))
	}
}

// The arrays of the calls that tell of handlers.
const (
	handlerMasks     = outAt + 0x100
	handlerPorts     = outAt + 0x180
	handlerBehaviors = outAt + 0x200
	handlerFlavors   = outAt + 0x280
	handlerCount     = outAt
)

func (a *actor) handlerRoom() {
	a.out()
	a.write(handlerCount, []byte{32, 0, 0, 0})
}

func getHandlers(kind string) operation {
	return func(a *actor, x *arguments) string {
		d, mask := x.wide(), x.narrow()
		object := a.object(kind)
		a.handlerRoom()
		kr := a.Call(kind+"_get_exception_ports", object, mask,
			handlerMasks, handlerCount, handlerPorts, handlerBehaviors, handlerFlavors)
		return a.handlers(kr, d)
	}
}

func swapHandlers(kind string) operation {
	return func(a *actor, x *arguments) string {
		d, mask, port, behavior, flavor := x.wide(), x.narrow(), x.narrow(), x.narrow(), x.narrow()
		object := a.object(kind)
		a.handlerRoom()
		kr := a.Call(kind+"_swap_exception_ports", object, mask, port, behavior, flavor,
			handlerMasks, handlerCount, handlerPorts, handlerBehaviors, handlerFlavors)
		return a.handlers(kr, d)
	}
}

// handlers shows the entries that a call gave.
func (a *actor) handlers(kr mach.KernReturn, d uint64) string {
	s := code(kr)
	if kr != mach.KERN_SUCCESS {
		return s
	}
	for i := range uint64(min(a.word(handlerCount), 32)) {
		n := a.word(handlerPorts + 4*i)
		a.set(d+i, n)
		s += fmt.Sprintf(" [%x %s %x %x]", a.word(handlerMasks+4*i), a.name(n),
			a.word(handlerBehaviors+4*i), a.word(handlerFlavors+4*i))
	}
	return s
}

func setSpecial(a *actor, x *arguments) string {
	return code(a.Call("task_set_special_port", uint64(a.self), x.narrow(), x.narrow()))
}

func getSpecial(a *actor, x *arguments) string {
	d, which := x.wide(), x.narrow()
	return a.named(a.Call("task_get_special_port", uint64(a.self), which, a.out()), d, outAt)
}
