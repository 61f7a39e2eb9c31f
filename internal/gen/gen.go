package gen

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// Gen is the model that the emitters write from: the facts of both CPU
// families joined, with every Go name decided.
type Gen struct {
	arch map[string]*abi.Facts // by GOARCH

	consts    map[string]*constant
	types     map[string]*abi.Type
	records   map[string]*record // by C tag or typedef name
	funcs     map[string]*abi.Function
	vars      map[string]*abi.Variable
	typeNames map[string]string // typedef -> Go name; pointers have none
	docs      map[string]doc
	owner     map[string]string // Go name -> C name, to catch clashes

	// Draft lets functions without a text through, for work on doc/.
	Draft bool
}

// New reads the committed facts and decides all names.
func New() (*Gen, error) {
	arm, err := abi.Load("arm64")
	if err != nil {
		return nil, err
	}
	amd, err := abi.Load("amd64")
	if err != nil {
		return nil, err
	}
	return NewFrom(map[string]*abi.Facts{"arm64": arm, "amd64": amd})
}

// NewAt is New on the facts in a folder.
func NewAt(dir string) (*Gen, error) {
	facts := map[string]*abi.Facts{}
	for _, a := range abi.Archs {
		f, err := abi.LoadFrom(dir, a)
		if err != nil {
			return nil, err
		}
		facts[a] = f
	}
	return NewFrom(facts)
}

// NewFrom is New on given facts, by GOARCH.
func NewFrom(arch map[string]*abi.Facts) (*Gen, error) {
	g := &Gen{
		arch:      arch,
		types:     map[string]*abi.Type{},
		funcs:     arch["arm64"].Functions,
		vars:      arch["arm64"].Variables,
		typeNames: map[string]string{},
		owner:     map[string]string{},
	}
	for _, a := range []string{"amd64", "arm64"} { // arm64 wins
		maps.Copy(g.types, arch[a].Types)
	}
	var err error
	if g.docs, err = loadDocs(); err != nil {
		return nil, err
	}
	g.joinRecords()
	if err := g.nameAll(); err != nil {
		return nil, err
	}
	if err := g.layoutRecords(); err != nil {
		return nil, err
	}
	g.joinConstants()
	return g, nil
}

func sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// claim reserves a Go name for a C item.
func (g *Gen) claim(goName, c string) error {
	if o, ok := g.owner[goName]; ok && o != c {
		return fmt.Errorf("gen: %s and %s are both called %s: add one to the clash table in names.go", o, c, goName)
	}
	g.owner[goName] = c
	return nil
}

func (g *Gen) nameAll() error {
	for _, c := range sorted(g.funcs) {
		if err := g.claim(FuncName(c), "func "+c); err != nil {
			return err
		}
	}
	for _, c := range sorted(g.vars) {
		if err := g.claim(VarName(c), "var "+c); err != nil {
			return err
		}
	}
	// Records first: a struct's main name comes from its typedef.
	for _, tag := range sorted(g.records) {
		r := g.records[tag]
		if r.inner {
			continue
		}
		r.GoName = g.freeTypeName(g.mainTypedef(tag))
		if err := g.claim(r.GoName, "record "+tag); err != nil {
			return err
		}
	}
	for _, c := range sorted(g.types) {
		t := g.types[c]
		if isPointer(t.Canonical) {
			continue // pointer typedefs get no name
		}
		name := g.freeTypeName(c)
		if r := g.recordOf(t.Canonical); r != nil {
			if name != r.GoName {
				if _, taken := g.owner[name]; taken {
					name = r.GoName
				} else if err := g.claim(name, "type "+c); err != nil {
					return err
				}
			}
		} else if err := g.claim(name, "type "+c); err != nil {
			return err
		}
		g.typeNames[c] = name
	}
	return nil
}

// freeTypeName is the type's name, with the _t kept where a function has it.
func (g *Gen) freeTypeName(c string) string {
	n := plainTypeName(c)
	if strings.ToUpper(c[:1]) == c[:1] && !strings.Contains(c, "_") {
		n = c // already a Go name
	}
	if o, ok := g.owner[n]; ok && (strings.HasPrefix(o, "func ") || strings.HasPrefix(o, "var ")) {
		return n + "_t"
	}
	return n
}

// mainTypedef is the typedef that a struct is known by: the one whose name
// agrees with the tag, or else the shortest, or the tag itself.
func (g *Gen) mainTypedef(tag string) string {
	var c []string
	for name, t := range g.types {
		if r := g.recordOf(t.Canonical); r != nil && r.Tag == tag {
			c = append(c, name)
		}
	}
	if len(c) == 0 {
		return tag
	}
	sort.Slice(c, func(i, j int) bool {
		if len(c[i]) != len(c[j]) {
			return len(c[i]) < len(c[j])
		}
		return c[i] < c[j]
	})
	for _, name := range c {
		if plainTypeName(name) == plainTypeName(tag) {
			return name
		}
	}
	if _, ok := g.types[preferred[tag]]; ok {
		return preferred[tag]
	}
	return c[0]
}

// preferred picks among several typedefs of one struct where the shortest
// would be an old or a special name.
var preferred = map[string]string{
	"vm_purgeable_info":             "vm_purgeable_info", // no typedef: the tag names both
	"__darwin_i386_thread_state":    "x86_thread_state32_t",
	"__darwin_i386_float_state":     "x86_float_state32_t",
	"__darwin_arm_thread_state":     "arm_thread_state32_t",
	"__darwin_i386_exception_state": "x86_exception_state32_t",
}
