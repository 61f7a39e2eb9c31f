package model

import (
	"math"

	"github.com/gomach/mach/internal/mig/ast"
	"github.com/gomach/mach/internal/mig/source"
)

// Type is a type with its way into messages.
//
// Data stands in the body of a message, or out of line, where the message has a
// descriptor of it. A port right always has a descriptor.
type Type struct {
	Name    string // "" for one without
	In, Out Wire   // as the sender gives it, as the receiver gets it
	Bits    int64  // of an element

	Count       int64 // of elements in the body or out of line; 0: any number
	Descriptors int64 // in a message; 0 for data in the body
	OutOfLine   bool  // the data, or the array of rights, stands in memory of its own
	Unbounded   bool  // array[]: passed as if in the body, but moved out of line
	Variable    bool  // the message says how many elements there are
	String      bool  // ends in a zero byte
	Whole       bool  // passed in one piece: a scalar or a struct, no array of C
	Native      *Native
	Element     *Type

	User, Server, Trans         string // the type of C at either end, and behind translation
	InTran, OutTran, Destructor string
}

// Native is a type that only C's compiler knows the size of.
type Native struct {
	Kind string // pointerto, pointertoifnot, valueof
	Bad  string // the value that stands for nothing
}

// Port tells whether the type is of port rights.
func (t *Type) Port() bool { return t.In.Port }

// Kernel tells whether the kernel handles the type: it has a descriptor.
func (t *Type) Kernel() bool { return t.Port() || t.OutOfLine }

// Many tells whether the type has several descriptors.
func (t *Type) Many() bool { return t.Kernel() && t.Descriptors > 1 }

// VariableBody tells whether the type is an array in the body whose length varies.
func (t *Type) VariableBody() bool { return t.Variable && !t.Kernel() }

// Bytes is how much room the type takes in a message, without padding and counts.
func (t *Type) Bytes() int64 {
	switch {
	case t.OutOfLine:
		return memoryDescriptorSize * t.Descriptors
	case t.Port():
		return portDescriptorSize * t.Descriptors
	}
	return (t.Count*t.Bits + 7) / 8
}

// Descriptor is the type of C of the type's descriptor, or "".
func (t *Type) Descriptor() string {
	switch {
	case t.OutOfLine && t.Port():
		return "mach_msg_ool_ports_descriptor_t"
	case t.OutOfLine:
		return "mach_msg_ool_descriptor_t"
	case t.Port():
		return "mach_msg_port_descriptor_t"
	}
	return ""
}

// The sizes of descriptors (<mach/message.h>, which packs them to four bytes; programs
// of 64 bits).
const (
	portDescriptorSize   = 12
	memoryDescriptorSize = 16
)

// checker resolves what files say.
type checker struct {
	problems *source.Problems
	types    map[string]*Type
	out      *Subsystem
	settings settings
	next     int64 // number of the next message
}

func (c *checker) declare(s *ast.Type) {
	t := c.resolve(s.Spec)
	if t == nil {
		t = broken()
	}
	t.Name = s.Name.Text
	c.named(t, s.Spec)
	c.types[t.Name] = t
}

// broken stands for a type that could not be made, so that nothing more is said of it.
func broken() *Type {
	return &Type{In: Wire{Name: "BYTE", Bits: 8}, Out: Wire{Name: "BYTE", Bits: 8}, Bits: 8, Count: 1, Whole: true}
}

// named fills in what follows from a type's name.
func (c *checker) named(t *Type, spec *ast.Spec) {
	if t.User == "" {
		t.User = t.Name
	}
	if t.Server == "" {
		t.Server = t.Name
	}
	if t.Trans == "" {
		t.Trans = t.Server
	}
	if t.Variable && (t.InTran != "" || t.OutTran != "" || t.Destructor != "") {
		c.problems.Wrong(spec.Pos, t.Name, "an array of varying length can be neither translated nor destroyed")
	}
}

// resolve makes the type that a file describes, or nil if it cannot be.
func (c *checker) resolve(s *ast.Spec) *Type {
	t := c.form(s)
	if t == nil {
		return nil
	}
	for _, tr := range s.Trans {
		c.translate(t, tr)
	}
	if !t.Kernel() && t.Bytes() > math.MaxInt32 {
		c.problems.Wrong(s.Pos, "", "the type takes %d bytes: no message holds that", t.Bytes())
		return nil
	}
	return t
}

func (c *checker) translate(t *Type, tr ast.Translation) {
	set := func(to *string, value, what string) {
		if *to != "" && *to != value {
			c.problems.Odd(tr.Pos, value, "another %s was given before: %s", what, *to)
		}
		*to = value
	}
	switch tr.Kind {
	case "intran":
		set(&t.Trans, tr.Result, "translated type")
		set(&t.InTran, tr.Function, "translation")
		set(&t.Server, tr.Argument, "server's type")
	case "outtran":
		set(&t.Server, tr.Result, "server's type")
		set(&t.OutTran, tr.Function, "translation")
		set(&t.Trans, tr.Argument, "translated type")
	case "destructor":
		set(&t.Destructor, tr.Function, "destructor")
		set(&t.Trans, tr.Argument, "translated type")
	case "ctype":
		set(&t.User, tr.Result, "client's type")
		set(&t.Server, tr.Result, "server's type")
	case "cusertype":
		set(&t.User, tr.Result, "client's type")
	case "cservertype":
		set(&t.Server, tr.Result, "server's type")
	}
}

// plain is a copy without name and translations: a type made of another has none of those.
func (t *Type) plain() *Type {
	n := *t
	n.Name, n.User, n.Server, n.Trans, n.InTran, n.OutTran, n.Destructor = "", "", "", "", "", "", ""
	n.Element = t
	return &n
}

func (c *checker) form(s *ast.Spec) *Type {
	switch s.Form {
	case ast.Basic:
		return c.basic(s)
	case ast.Previous:
		old := c.types[s.Name.Text]
		if old == nil {
			if s.Name.Text != "" {
				c.problems.Wrong(s.Name.Pos, s.Name.Text, "there is no type of this name")
			}
			return nil
		}
		n := old.plain()
		n.Element = old.Element
		return n
	case ast.CString, ast.VarCString:
		char := &Type{Name: "char", User: "char", Server: "char", Trans: "char", Bits: 8, Count: 1, Whole: true,
			In: Wire{Name: "CHAR", Bits: 8}, Out: Wire{Name: "CHAR", Bits: 8}}
		n := char.plain()
		n.Count, n.String, n.Whole, n.Variable = s.Number, true, false, s.Form == ast.VarCString
		return n
	case ast.Native:
		w := Wire{Name: "BYTE", Bits: 8}
		return &Type{In: w, Out: w, Count: 1, Whole: true, User: s.Phrase, Server: s.Phrase, Trans: s.Phrase,
			Native: &Native{Kind: s.Native, Bad: s.Bad}}
	}
	element := c.resolve(s.Element)
	if element == nil {
		return nil
	}
	switch s.Form {
	case ast.Pointer:
		return c.pointer(s, element)
	case ast.Struct:
		return c.structure(s, element)
	case ast.Array:
		return c.array(s, element)
	}
	return c.varArray(s, element)
}

func (c *checker) basic(s *ast.Spec) *Type {
	find := func(n ast.Name) (in, out Wire, ok bool) {
		if in, out, ok = lookUpWire(n.Text); !ok {
			c.problems.Wrong(n.Pos, n.Text, "messages have no type of this name")
		}
		return in, out, ok
	}
	in, out, ok := find(s.Wire)
	if !ok {
		return nil
	}
	if s.Out.Text != "" {
		var other Wire
		if other, out, ok = find(s.Out); !ok {
			return nil
		}
		if in.Bits != 0 && other.Bits != 0 && in.Bits != other.Bits {
			c.problems.Wrong(s.Out.Pos, s.Out.Text, "what is sent has %d bits, and what is received %d", in.Bits, other.Bits)
			return nil
		}
		if in.Port != out.Port {
			c.problems.Wrong(s.Out.Pos, s.Out.Text, "a port right is one at both ends")
			return nil
		}
	}
	t := &Type{In: in, Out: out, Bits: max(in.Bits, out.Bits), Count: 1, Whole: true}
	switch {
	case s.Bits > 0 && t.Bits != 0 && s.Bits != t.Bits:
		c.problems.Wrong(s.Pos, s.Wire.Text, "this has %d bits, not %d", t.Bits, s.Bits)
		return nil
	case s.Bits > 0:
		t.Bits = s.Bits
	case t.Bits == 0:
		c.problems.Wrong(s.Wire.Pos, s.Wire.Text, "how many bits? write (%s, BITS)", s.Wire.Text)
		return nil
	}
	if t.Port() {
		t.Descriptors = 1
	}
	return t
}

const tooComplicated = "messages cannot hold such a type: "

// times multiplies sizes, and keeps them small.
func (c *checker) times(s *ast.Spec, a, b int64) int64 {
	if b != 0 && a > math.MaxInt32/b {
		c.problems.Wrong(s.Pos, "", "%d times %d elements are too many", a, b)
		return 1
	}
	return a * b
}

func (c *checker) pointer(s *ast.Spec, of *Type) *Type {
	if of.OutOfLine && !of.Unbounded {
		c.problems.Wrong(s.Pos, "^", tooComplicated+"it is out of line already")
		return nil
	}
	n := *of // the element stays that of the array
	n.OutOfLine, n.Unbounded, n.Whole, n.String, n.Descriptors = true, false, true, false, 1
	return &n
}

func (c *checker) structure(s *ast.Spec, of *Type) *Type {
	if of.OutOfLine || of.Variable {
		c.problems.Wrong(s.Pos, "struct", tooComplicated+"a struct is of elements in the message, and of a number that is fixed")
		return nil
	}
	n := of.plain()
	n.Count, n.Whole, n.String = c.times(s, of.Count, s.Number), true, false
	return n
}

func (c *checker) array(s *ast.Spec, of *Type) *Type {
	n := of.plain()
	n.Whole, n.String = false, false
	switch {
	case of.OutOfLine:
		if of.Descriptors != 1 {
			c.problems.Wrong(s.Pos, "array", tooComplicated+"an array of arrays out of line")
			return nil
		}
		n.Descriptors, n.Count, n.Variable = s.Number, 1, false
	case of.Variable:
		c.problems.Wrong(s.Pos, "array", tooComplicated+"an array of arrays whose length varies")
		return nil
	default:
		n.Count = c.times(s, of.Count, s.Number)
		if of.Port() {
			n.Descriptors = c.times(s, of.Descriptors, s.Number)
		}
	}
	return n
}

func (c *checker) varArray(s *ast.Spec, of *Type) *Type {
	n := of.plain()
	n.String = false
	switch {
	case of.OutOfLine:
		if of.Descriptors != 1 || s.Number == 0 {
			c.problems.Wrong(s.Pos, "array", tooComplicated+"an array without bound of memory out of line")
			return nil
		}
		n.Descriptors, n.Count, n.Whole = s.Number, 1, false
	case of.Variable:
		c.problems.Wrong(s.Pos, "array", tooComplicated+"an array of arrays whose length varies")
		return nil
	case s.Number > 0:
		n.Count, n.Whole = c.times(s, of.Count, s.Number), false
		if of.Port() {
			n.Descriptors = c.times(s, of.Descriptors, s.Number)
		}
	default: // any number: out of line in the message, though not to the caller
		n.Count, n.Unbounded, n.OutOfLine, n.Whole, n.Descriptors = 0, true, true, true, 1
	}
	n.Variable = true
	return n
}
