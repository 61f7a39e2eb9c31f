// Package mig performs messages that are sent to kernel objects: it takes a
// request apart by the layouts in internal/proto, calls the same handler that a
// function call reaches, and puts the reply together.
package mig

import (
	"strconv"
	"strings"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/proto"
)

// plan is a routine whose request and reply are matched with the parameters
// of its function.
type plan struct {
	routine  *proto.Routine
	sym      int
	fn       *proto.Function
	in, out  []field // of request and reply, beyond header, body and NDR record
	inDescs  int
	outDescs int
	simple   bool // no reply
	retCode  bool // the reply has a RetCode field
	minBody  int  // of the request, behind its descriptors
	maxBody  int
}

// field is a member of a message that stands for a parameter.
type field struct {
	name   string
	kind   fieldKind
	size   int // in bytes, at its largest
	n      int // elements of an array; 1: a scalar
	elem   int // bytes of an element
	param  int // index in the function's parameters, or -1
	count  int // index in the same list of the field that counts an array, or -1
	string bool
	// rights is the type that the rights of a port or out-of-line ports
	// descriptor of a request must have, null ones too; 0: any
	rights mach.MachMsgTypeName
}

type fieldKind uint8

const (
	plain      fieldKind = iota
	portDesc             // one or n port descriptors
	oolDesc              // out-of-line memory
	oolPorts             // out-of-line ports
	pad                  // the unused offset of a string
	returnCode           // RetCode
	ndr
)

func (k fieldKind) descriptor() bool { return k == portDesc || k == oolDesc || k == oolPorts }

var plans = sync.OnceValue(func() map[int32]*plan {
	m := make(map[int32]*plan, len(proto.Routines))
	for i := range proto.Routines {
		if p := newPlan(&proto.Routines[i]); p != nil && m[p.routine.ID] == nil {
			m[p.routine.ID] = p
		}
	}
	return m
})

// newPlan matches a routine with its function; nil if there is none, or one
// whose parameters are not in the messages.
func newPlan(r *proto.Routine) *plan {
	name := r.Name
	if a, ok := aliases[name]; ok {
		name = a
	}
	sym := core.Number(name)
	if sym == 0 || userSide[r.Subsystem] {
		return nil
	}
	return matched(r, sym)
}

// matched matches a routine with a function.
func matched(r *proto.Routine, sym int) *plan {
	p := &plan{routine: r, sym: sym, fn: &proto.Functions[sym-1]}
	p.in, p.inDescs = p.fields(&r.Request)
	p.out, p.outDescs = p.fields(&r.Reply)
	p.simple = len(r.Reply.Fields) == 0
	for _, f := range p.out {
		p.retCode = p.retCode || f.kind == returnCode
	}
	for i := range p.in {
		f := &p.in[i]
		f.rights = rightsOf(r.Name, f)
		if f.kind.descriptor() {
			continue
		}
		p.maxBody += f.size
		if f.count < 0 {
			p.minBody += f.size
		}
	}
	for i := range p.fn.Params {
		if i > 0 && !p.known(i) {
			return nil
		}
	}
	return p
}

// rightsOf is the type of right that a routine takes: a send right, but for
// those whose definition in xnu's osfmk/mach/*.defs says otherwise.
func rightsOf(routine string, f *field) mach.MachMsgTypeName {
	if f.kind != portDesc && f.kind != oolPorts {
		return 0
	}
	switch routine + "." + f.name {
	case "mach_port_insert_right.poly", "clock_alarm.alarm_port":
		return 0 // polymorphic
	case "mach_port_request_notification.notify", "host_request_notification.notify_port":
		return mach.MACH_MSG_TYPE_PORT_SEND_ONCE
	}
	return mach.MACH_MSG_TYPE_PORT_SEND
}

// aliases are routines whose function has another name.
var aliases = map[string]string{
	"vm_map_64":               "vm_map", // on 64-bit systems the same
	"_mach_make_memory_entry": "mach_make_memory_entry_64",
}

// userSide are the subsystems that tasks serve, not the kernel.
var userSide = map[string]bool{"exc": true, "mach_exc": true, "notify": true, "clock_reply": true, "bootstrap": true}

// known reports whether a parameter comes from the request, goes into the
// reply, or tells about one that does.
func (p *plan) known(i int) bool {
	for _, f := range p.in {
		if f.param == i {
			return true
		}
	}
	for _, f := range p.out {
		if f.param == i {
			return true
		}
	}
	return strings.HasSuffix(p.fn.Params[i].Name, "Poly")
}

func (p *plan) fields(m *proto.Message) (fields []field, descs int) {
	for i, mf := range m.Fields {
		if mf.Name == "Head" || mf.Name == "msgh_body" {
			continue
		}
		end := m.Size
		if i+1 < len(m.Fields) {
			end = m.Fields[i+1].Offset
		}
		f := field{name: mf.Name, size: end - mf.Offset, n: 1, param: -1, count: -1}
		typ := mf.Type
		if open := strings.LastIndexByte(typ, '['); open >= 0 && strings.HasSuffix(typ, "]") {
			f.n, _ = strconv.Atoi(typ[open+1 : len(typ)-1])
			typ = typ[:open]
		}
		if f.n > 0 {
			f.elem = f.size / f.n
		}
		switch {
		case typ == "mach_msg_port_descriptor_t":
			f.kind = portDesc
			descs += f.n
		case typ == "mach_msg_ool_descriptor_t":
			f.kind = oolDesc
			descs++
		case typ == "mach_msg_ool_ports_descriptor_t":
			f.kind = oolPorts
			descs++
		case mf.Name == "NDR":
			f.kind = ndr
		case mf.Name == "RetCode":
			f.kind = returnCode
		case strings.HasSuffix(mf.Name, "Offset") && p.param(mf.Name) < 0:
			f.kind = pad
		case typ == "char":
			f.elem = 1
		}
		f.param = p.param(mf.Name)
		fields = append(fields, f)
	}
	counts(fields)
	return fields, descs
}

// counts finds the field that counts each in-line array: the one of its name
// and Cnt, or the last count before it. Arrays before any count are fixed.
func counts(fields []field) {
	last := -1
	for i := range fields {
		f := &fields[i]
		if strings.HasSuffix(f.name, "Cnt") && f.n == 1 {
			last = i
			continue
		}
		if f.kind != plain || f.n == 1 || last < 0 {
			continue
		}
		f.count = last
		for j := range fields {
			if fields[j].name == f.name+"Cnt" {
				f.count = j
			}
		}
		// A count that no parameter takes is of a C string's bytes.
		f.string = fields[f.count].param < 0 && f.elem == 1
	}
}

func (p *plan) param(name string) int {
	if name == "parent_handle" {
		name = "parent_entry"
	}
	for i := range p.fn.Params {
		if i > 0 && p.fn.Params[i].Name == name {
			return i
		}
	}
	return -1
}
