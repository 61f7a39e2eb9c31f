// Package ast is what a .defs file says, statement by statement, before names are looked up.
package ast

import "github.com/gomach/mach/internal/mig/source"

// Name is a word with its place.
type Name struct {
	Text string
	Pos  source.Pos
}

// Statement is a *Subsystem, *Option, *Import, *Type, *Routine or *Skip.
type Statement interface{ Where() source.Pos }

// Subsystem names the interface, and numbers its messages from Base.
type Subsystem struct {
	Pos                      source.Pos
	Name                     Name
	Base                     int64
	KernelUser, KernelServer bool
}

// OptionKind is which of the statements that set something for what follows.
type OptionKind int

// The options.
const (
	MsgOption OptionKind = iota
	WaitTime
	NoWaitTime
	SendTime
	NoSendTime
	UseSpecialReplyPort
	ConsumeOnSendError
	UserTypeLimit
	OnStackLimit
	ErrorProc
	ServerPrefix
	UserPrefix
	ServerDemux
	RCSID
)

// Option sets something for what follows.
type Option struct {
	Pos   source.Pos
	Kind  OptionKind
	Value Name // empty for NoWaitTime and NoSendTime
}

// ImportKind says which of the generated files a header is for.
type ImportKind int

// The kinds of import.
const (
	Import       ImportKind = iota // all
	UserImport                     // uimport: the client
	ServerImport                   // simport
	DemuxImport                    // dimport
	HeaderImport                   // iimport
)

// Imported is a header that C's code wants.
type Imported struct {
	Pos  source.Pos
	Kind ImportKind
	File Name // with its quotes or angles
}

// Skip leaves a message's number out.
type Skip struct{ Pos source.Pos }

// Type gives a type a name.
type Type struct {
	Pos  source.Pos
	Name Name
	Spec *Spec
}

// Routine is an operation.
type Routine struct {
	Pos    source.Pos
	Name   Name
	Simple bool // sends no reply
	Args   []*Arg
}

func (s *Subsystem) Where() source.Pos { return s.Pos }
func (s *Option) Where() source.Pos    { return s.Pos }
func (s *Imported) Where() source.Pos  { return s.Pos }
func (s *Skip) Where() source.Pos      { return s.Pos }
func (s *Type) Where() source.Pos      { return s.Pos }
func (s *Routine) Where() source.Pos   { return s.Pos }

// Arg is an argument of a routine.
type Arg struct {
	Pos       source.Pos
	Direction string // the keyword in lower case, "" if there is none
	Name      Name
	Type      Name  // of a type that has one, or the name that Spec defines here
	Spec      *Spec // nil if Type names a type
	Flags     []Flag
}

// Flag is a word behind an argument's type, in lower case.
type Flag struct {
	Name    string
	Pos     source.Pos
	Runtime bool // dealloc[]: the caller says
}

// Form is how a type is made.
type Form int

// The forms of types.
const (
	Basic      Form = iota // Wire, or Wire|Out
	Previous               // Name
	Array                  // array[Number] of Element
	VarArray               // array[] of, array[*:Number] of
	Struct                 // struct[Number] of Element
	Pointer                // ^ Element
	CString                // c_string[Number]
	VarCString             // c_string[*:Number]
	Native                 // pointerto(Phrase), pointertoifnot(Phrase, Bad), valueof(Phrase)
)

// Spec is a type.
type Spec struct {
	Pos       source.Pos
	Form      Form
	Wire, Out Name  // Basic: MACH_MSG_TYPE_..., polymorphic or a number; Out is empty if it is the same
	Bits      int64 // Basic in the form (TYPE, BITS); 0 if the name tells
	Name      Name  // Previous
	Number    int64 // Array, VarArray (0: unbounded), Struct, strings
	Element   *Spec
	Native    string // pointerto, pointertoifnot, valueof
	Phrase    string
	Bad       string

	Trans []Translation
}

// Translation is a clause behind a type: intran, outtran, destructor, ctype, cusertype,
// cservertype.
type Translation struct {
	Pos      source.Pos
	Kind     string
	Result   string // intran, outtran: the type that comes out; ctype...: the type
	Function string
	Argument string
}
