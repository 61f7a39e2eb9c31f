// Package abi holds the measured facts about the Mach user-space API as data:
// the value of every constant, the layout of every struct, the prototype of
// every function, for both CPU families.
//
// The facts are the one source from which internal/gen writes package mach,
// and the one measure that the checks hold package mach and Apple's headers
// against.
package abi

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

//go:embed facts/*.json
var factsFS embed.FS

// Trees lists the header trees that were measured, newest first.
var Trees = []string{"26.4", "14.2", "12.0"}

// Oldest is the oldest system that Go's darwin binaries launch on. A function
// that its tree lacks must be looked up at run time.
const Oldest = "12.0"

// Archs lists the CPU families, by GOARCH.
var Archs = []string{"arm64", "amd64"}

// Facts are all items of one CPU family, by C name.
type Facts struct {
	Constants map[string]*Constant `json:"constants"`
	Types     map[string]*Type     `json:"types"`
	Records   map[string]*Record   `json:"records"`
	Functions map[string]*Function `json:"functions"`
	Variables map[string]*Variable `json:"variables"`
}

// Origin says where an item was found.
type Origin struct {
	Header    string   `json:"header"`
	SDK       string   `json:"sdk"`                  // the tree that the figures come from
	Seen      []string `json:"seen"`                 // the trees that have it
	RemovedBy string   `json:"removed_by,omitempty"` // the first tree whose header no longer has it
}

// SeenIn reports whether the tree has the item.
func (o *Origin) SeenIn(tree string) bool {
	for _, t := range o.Seen {
		if t == tree {
			return true
		}
	}
	return false
}

// FirstSeen is the oldest tree that has the item.
func (o *Origin) FirstSeen() string {
	for i := len(Trees) - 1; i >= 0; i-- {
		if o.SeenIn(Trees[i]) {
			return Trees[i]
		}
	}
	return o.SDK
}

// Constant is a macro or an enumerator.
type Constant struct {
	Origin
	Kind    string                     `json:"kind"` // "macro" or "enum"
	Value   json.Number                `json:"value"`
	String  *string                    `json:"string,omitempty"` // instead of Value
	Size    int                        `json:"size"`             // of its C type, in bytes
	Signed  bool                       `json:"signed"`
	Changed map[string]json.RawMessage `json:"changed,omitempty"` // tree -> value, where trees differ
}

// Type is a typedef.
type Type struct {
	Origin
	Type      string         `json:"type"`      // as written
	Canonical string         `json:"canonical"` // with all typedefs resolved
	Size      *int           `json:"size"`      // nil for an incomplete type
	Changed   map[string]int `json:"changed,omitempty"`
}

// Record is a struct or union.
type Record struct {
	Origin
	Kind    string         `json:"kind"` // "struct" or "union"
	Size    int            `json:"size"`
	Align   int            `json:"align"`
	Fields  []Field        `json:"fields"`
	Changed map[string]int `json:"changed,omitempty"` // tree -> size
}

// Field is a member of a record or, with Depth above 1, of a record inside it.
type Field struct {
	Name   string `json:"name"` // empty for anonymous members
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Depth  int    `json:"depth"`
	Bits   []int  `json:"bits,omitempty"` // first and last bit counted from Offset, for a bit-field
}

// Function is a prototype.
type Function struct {
	Origin
	Returns  string  `json:"returns"`
	Params   []Param `json:"params"`
	Exported bool    `json:"exported"` // libSystem exports it
	Inline   bool    `json:"inline"`
}

// Param is a parameter of a function.
type Param struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Variable is a global variable.
type Variable struct {
	Origin
	Type     string `json:"type"`
	Exported bool   `json:"exported"`
}

// MIG is what facts/mig.json holds.
type MIG struct {
	// Subsystems maps a subsystem to its routines' message ids.
	Subsystems map[string]map[string]int `json:"subsystems"`
	Layouts    map[string]*MessageLayout `json:"layouts"`
}

// MessageLayout is the wire form of one MIG routine (arm64; the same on amd64
// but for the sizes of flavored structs).
type MessageLayout struct {
	Request *Message `json:"request"`
	Reply   *Message `json:"reply"`
}

// Message is the layout of a request or a reply.
type Message struct {
	Fields []MessageField `json:"fields"`
	SDK    string         `json:"sdk"`
	Size   int            `json:"size"`
}

// MessageField is a member of a message.
type MessageField struct {
	Name   string
	Type   string
	Offset int
}

// UnmarshalJSON reads the array form [name, type, offset].
func (f *MessageField) UnmarshalJSON(b []byte) error {
	a := []any{&f.Name, &f.Type, &f.Offset}
	return json.Unmarshal(b, &a)
}

// MarshalJSON writes the array form [name, type, offset].
func (f MessageField) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{f.Name, f.Type, f.Offset})
}

func jsonNumber(b json.RawMessage) json.Number { return json.Number(strings.Trim(string(b), `"`)) }

var cache sync.Map // file name -> *Facts or *MIG

func load[T any](file string) (*T, error) {
	if v, ok := cache.Load(file); ok {
		return v.(*T), nil
	}
	b, err := factsFS.ReadFile("facts/" + file)
	if err != nil {
		return nil, fmt.Errorf("abi: %w", err)
	}
	v := new(T)
	if err := json.Unmarshal(b, v); err != nil {
		return nil, fmt.Errorf("abi: %s: %w", file, err)
	}
	cache.Store(file, v)
	return v, nil
}

// Undeclared reports whether no public header declares the function: programs
// that call it do so by hand. Its prototype is xnu's own
// (osfmk/mach/mach_time_private.h, bsd/kern/syscalls.master).
func (f *Function) Undeclared() bool { return f.Header == "" }

// Load returns the committed facts of a CPU family, "arm64" or "amd64": what
// was measured, and the functions of facts/undeclared.json, which libSystem
// exports and no header has. The result is shared: do not change it.
func Load(arch string) (*Facts, error) {
	name := "darwin-" + arch + ".json"
	if v, ok := cache.Load("all of " + name); ok {
		return v.(*Facts), nil
	}
	measured, err := load[Facts](name)
	if err != nil {
		return nil, err
	}
	more, err := load[Facts]("undeclared.json")
	if err != nil {
		return nil, err
	}
	all := *measured
	all.Functions = maps.Clone(measured.Functions)
	maps.Copy(all.Functions, more.Functions)
	v, _ := cache.LoadOrStore("all of "+name, &all)
	return v.(*Facts), nil
}

// LoadFrom reads the facts of a CPU family from another folder.
func LoadFrom(dir, arch string) (*Facts, error) {
	b, err := os.ReadFile(filepath.Join(dir, "darwin-"+arch+".json"))
	if err != nil {
		return nil, fmt.Errorf("abi: %w", err)
	}
	f := new(Facts)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("abi: %s: %w", dir, err)
	}
	return f, nil
}

// LoadMIG returns the committed facts about MIG messages. The result is
// shared: do not change it.
func LoadMIG() (*MIG, error) { return load[MIG]("mig.json") }
