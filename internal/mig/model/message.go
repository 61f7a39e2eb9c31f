package model

import "strconv"

// Field is a member of a message, by the names that Apple's compiler gives them.
type Field struct {
	Name   string
	Type   string // of C
	Offset int64  // in a message of the largest size
	Size   int64
	Kind   FieldKind
	Arg    *Arg // nil for what every message has
}

// FieldKind is what a field holds.
type FieldKind int

// The kinds of field.
const (
	Header FieldKind = iota
	Body             // how many descriptors follow
	Descriptor
	NDR        // how numbers are written
	ReturnCode // why the server failed
	Value      // an argument
	CountField // how many elements an array has
	OffsetField
	SubCounts // how many elements each array out of line has
	Padding   // to the next four bytes
)

// Message is the form of a request or reply, with every array at its full length. The
// sizes of a message are those of C's structs, which <mach/...> packs to four bytes.
type Message struct {
	Fields  []Field
	Size    int64
	Complex bool // it has descriptors
}

const (
	headerSize = 24
	ndrSize    = 8
	countType  = "mach_msg_type_number_t"
)

func (m *Message) add(f Field) {
	f.Offset = m.Size
	m.Fields = append(m.Fields, f)
	m.Size += f.Size
}

// message lays out a request, or a reply.
func (r *Routine) message(request bool) *Message {
	m := &Message{}
	m.add(Field{Name: "Head", Type: "mach_msg_header_t", Size: headerSize, Kind: Header})
	here := func(a *Arg) bool { return a.Role == Data && (request && a.In || !request && a.Out) }
	for _, a := range r.Args {
		m.Complex = m.Complex || here(a) && a.Type.Kernel()
	}
	if m.Complex {
		m.add(Field{Name: "msgh_body", Type: "mach_msg_body_t", Size: 4, Kind: Body})
		for _, a := range r.Args {
			if here(a) && a.Type.Kernel() {
				m.add(Field{Name: a.Name, Type: array(a.Type.Descriptor(), a.Type.Descriptors), Size: a.Type.Bytes(), Kind: Descriptor, Arg: a})
			}
		}
	}
	head := len(m.Fields)
	if !request && !m.Complex { // a reply with descriptors tells no failure: another takes its place
		m.add(Field{Name: "RetCode", Type: "kern_return_t", Size: 4, Kind: ReturnCode})
	}
	for _, a := range r.Args {
		if here(a) {
			m.body(a, request)
		} else if request && a.CountInOut && a.SameCount == nil {
			m.count(a)
		}
	}
	if len(m.Fields) > head { // what is untyped says how it is written
		rest := append([]Field(nil), m.Fields[head:]...)
		m.Fields, m.Size = m.Fields[:head], m.Fields[head].Offset
		m.add(Field{Name: "NDR", Type: "NDR_record_t", Size: ndrSize, Kind: NDR})
		for _, f := range rest {
			m.add(f)
		}
	}
	return m
}

// body adds an argument's fields behind the descriptors.
func (m *Message) body(a *Arg, request bool) {
	t := a.Type
	if t.Kernel() {
		if t.Many() && t.Element != nil && t.Element.Variable {
			m.add(Field{Name: a.Name + "Subs", Type: array(countType, t.Descriptors), Size: 4 * t.Descriptors, Kind: SubCounts, Arg: a})
		}
		if t.Variable && a.SameCount == nil {
			m.count(a)
		}
		return
	}
	if t.Variable {
		if t.String {
			m.add(Field{Name: a.Name + "Offset", Type: countType, Size: 4, Kind: OffsetField, Arg: a})
		}
		if a.SameCount == nil {
			m.count(a)
		}
		m.add(Field{Name: a.Name, Type: array(t.Element.User, t.Count/max(t.Element.Count, 1)), Size: t.Bytes(), Kind: Value, Arg: a})
	} else {
		m.add(Field{Name: a.Name, Type: t.User, Size: t.Bytes(), Kind: Value, Arg: a})
	}
	if pad := -t.Bytes() & 3; pad > 0 {
		m.add(Field{Name: a.Name + "Pad", Type: array("char", pad), Size: pad, Kind: Padding, Arg: a})
	}
}

func (m *Message) count(a *Arg) {
	m.add(Field{Name: a.Name + "Cnt", Type: countType, Size: 4, Kind: CountField, Arg: a})
}

func array(of string, n int64) string {
	if n == 1 && of != "char" {
		return of
	}
	return of + "[" + strconv.FormatInt(n, 10) + "]"
}
