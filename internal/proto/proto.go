// Package proto holds the prototypes of the Mach functions and the layouts of
// their MIG messages as Go tables, generated from internal/abi/facts. The
// hosted kernel decodes arguments and messages by them; the emulator takes
// arguments from guest registers and stack by them.
package proto

// Kind is the class of an argument or result.
type Kind uint8

// The classes of arguments and results.
const (
	Void        Kind = iota
	KernReturn       // a 32-bit kern_return_t
	Word32           // a 32-bit integer, enumeration or port name
	Word64           // a 64-bit integer or address
	Pointer          // a pointer to memory of the caller
	CString          // a pointer to a NUL-terminated string
	SmallStruct      // a struct of at most two words, by value in registers
	BigStruct        // a larger struct by value: by reference on arm64 and hosted, on the stack on amd64
)

// Function is a prototype.
type Function struct {
	Name    string
	Returns Kind
	Params  []Param
}

// Param is a parameter.
type Param struct {
	Name string // as in C
	Type string // as in C
	Kind Kind
	Size int // in bytes, of the argument itself
}

// Routine is a MIG routine: a message id with the layout of its request and
// reply.
type Routine struct {
	Subsystem string
	Name      string
	ID        int32
	Request   Message
	Reply     Message // without fields for a simple routine
}

// Message is the layout of a message.
type Message struct {
	Size   int // with arrays at their largest
	Fields []Field
}

// Field is a member of a message.
type Field struct {
	Name   string
	Type   string // as in C
	Offset int
}
