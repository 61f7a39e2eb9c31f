package recorded

import (
	"fmt"
	"slices"

	"github.com/gomach/mach"
)

// dump shows the task's table of names.
func dump(a *actor, _ *arguments) string {
	self, names := uint64(a.self), a.table()
	s := ""
	for _, n := range a.byNumber(names) {
		s += a.dumpName(n)
	}
	var rest []string
	for _, n := range names {
		if _, ok := a.number[n]; !ok {
			a.Call("mach_port_type", self, uint64(n), a.out())
			rest = append(rest, fmt.Sprintf(" ?:%x", a.word(outAt)))
		}
	}
	slices.Sort(rest) // their order is not specified
	for _, r := range rest {
		s += r
	}
	return s
}

// table lists the task's names, by index.
func (a *actor) table() []uint32 {
	if a.Call("mach_port_names", uint64(a.self), a.out(), outAt+8, outAt+16, outAt+24) != mach.KERN_SUCCESS {
		return nil
	}
	names := a.array(outAt, outAt+8)
	slices.Sort(names)
	return names
}

func (a *actor) dumpName(n uint32) string {
	self, name := uint64(a.self), uint64(n)
	kr := a.Call("mach_port_type", self, name, a.out())
	typ := mach.MachPortType_t(a.word(outAt))
	s := fmt.Sprintf(" %s:%x", a.name(n), uint32(typ))
	if kr != mach.KERN_SUCCESS {
		s += fmt.Sprintf("(kr%x)", uint32(kr))
	}
	for right := range uint64(5) {
		if kr := a.Call("mach_port_get_refs", self, name, right, a.out()); kr != mach.KERN_SUCCESS {
			s += fmt.Sprintf(",!%x", uint32(kr))
			continue
		}
		s += fmt.Sprintf(",%d", a.word(outAt))
	}
	if typ&mach.MACH_PORT_TYPE_RECEIVE == 0 {
		return s
	}
	a.write(inAt, []byte{10, 0, 0, 0})
	kr = a.Call("mach_port_get_attributes", self, name, uint64(mach.MACH_PORT_RECEIVE_STATUS), a.out(), inAt)
	w := func(i uint64) uint32 { return a.word(outAt + 4*i) }
	s += fmt.Sprintf("[%d seq%d ms%d ql%d mc%d so%d sr%d pd%d ns%d fl%x]",
		uint32(kr), w(1), w(2), w(3), w(4), w(5), w(6), w(7), w(8), w(9))
	kr = a.Call("mach_port_get_context", self, name, a.out())
	return s + fmt.Sprintf("c%d:%x", uint32(kr), a.context(outAt))
}
