// Package ctest writes a C program out of the committed facts that compiles
// only if the facts are true: static assertions on every constant, type and
// record, and an assignment to a function pointer of the expected prototype
// for every function. Where C has no expression for a fact (the place of a
// bit-field), the program holds a probe, whose bytes in the object file tell.
package ctest

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// Counts are numbers of items by kind.
type Counts map[string]int

// Program is a generated C program.
type Program struct {
	Source  string
	Checked Counts // items that it asserts
	Absent  Counts // items of headers or trees that are not here
	Bits    []Bit  // the bit-fields that the object file shows
}

// generator writes one program.
type generator struct {
	facts  *abi.Facts
	arch   string
	sdk    string
	b      strings.Builder
	p      Program
	probes []string // initializers of the bit-field probes
	offset int      // of the next probe in its section
}

// Generate writes the program for one CPU family. Has reports whether the
// tree has a header; sdk is the tree's version: what facts took from another
// tree is counted as absent.
func Generate(facts *abi.Facts, arch, sdk string, has func(header string) bool) *Program {
	g := &generator{facts: facts, arch: arch, sdk: sdk}
	g.p.Checked, g.p.Absent = Counts{}, Counts{}
	g.prologue(has)
	g.constants(has)
	g.types(has)
	g.records()
	g.functions(has)
	g.variables(has)
	g.bitProbes()
	g.p.Source = g.b.String()
	return &g.p
}

func (g *generator) printf(format string, args ...any) { fmt.Fprintf(&g.b, format, args...) }

// assert writes an assertion that names the item in its message.
func (g *generator) assert(cond, item, what string) {
	g.printf("_Static_assert(%s, \"%s: %s\");\n", cond, item, what)
}

// here decides whether the item can be checked in this tree, and counts it.
func (g *generator) here(kind string, o *abi.Origin, has func(string) bool) bool {
	if o.SDK != g.sdk || !has(o.Header) {
		g.p.Absent[kind]++
		return false
	}
	g.p.Checked[kind]++
	return true
}

func (g *generator) prologue(has func(string) bool) {
	tags, headers := map[string]bool{}, map[string]bool{"mach-o/loader.h": true}
	for _, c := range g.facts.Constants {
		headers[c.Header] = true
	}
	for _, t := range g.facts.Types {
		headers[t.Header] = true
	}
	for _, f := range g.facts.Functions {
		if !f.Undeclared() {
			headers[f.Header] = true
		}
	}
	for _, v := range g.facts.Variables {
		headers[v.Header] = true
	}
	// A struct that a header names in a prototype only would be another one in
	// each prototype.
	for _, f := range g.facts.Functions {
		for _, p := range f.Params {
			if m := structTag.FindStringSubmatch(p.Type); m != nil {
				tags[m[1]] = true
			}
		}
	}
	for _, tag := range sorted(tags) {
		g.printf("struct %s;\n", tag)
	}
	g.printf("#include <stddef.h>\n#include <mach/mach_types.h>\n#include <mach/mach.h>\n")
	for _, h := range sorted(headers) {
		if has(h) {
			g.printf("#include <%s>\n", h)
		} else {
			g.p.Absent["headers"]++
		}
	}
	// A pointer's value is a constant to the compiler, not to the standard;
	// mach_port_t and its kin have names that are macros on some systems.
	g.printf("#pragma clang diagnostic ignored \"-Wgnu-folding-constant\"\n")
	g.printf("#pragma clang diagnostic ignored \"-Wdeprecated-declarations\"\n")
	g.printf("#define IS_SIGNED(x) _Generic((x), char: 1, signed char: 1, short: 1, int: 1, long: 1, long long: 1, default: 0)\n")
	g.printf("#define SAME(a, b) __builtin_types_compatible_p(__typeof__(a), __typeof__(b))\n")
}

var structTag = regexp.MustCompile(`\bstruct (\w+) \*`)

func (g *generator) constants(has func(string) bool) {
	for _, name := range sorted(g.facts.Constants) {
		c := g.facts.Constants[name]
		if abi.ErratumOf("constants", name, g.arch) != nil {
			continue // below
		}
		if !g.here("constants", &c.Origin, has) {
			continue
		}
		if c.String != nil {
			text := hexByte.ReplaceAllString(*c.String, `\x$1""`)
			g.assert(fmt.Sprintf("__builtin_strcmp(%s, \"%s\") == 0", name, text), name, "text")
			continue
		}
		g.value(name, c.Value.String())
		g.assert(fmt.Sprintf("sizeof(%s) == %d", name, c.Size), name, "size of its type")
		g.assert(fmt.Sprintf("IS_SIGNED(%s) == %d", name, b2i(c.Signed)), name, "signedness of its type")
	}
	for _, e := range abi.Errata { // they are about the newest tree
		if g.sdk == abi.Trees[0] && e.Kind == "constants" && abi.ErratumOf(e.Kind, e.Name, g.arch) != nil {
			g.p.Checked["constants"]++
			g.value(e.Name, fmt.Sprint(e.Right))
		}
	}
}

// hexByte is a byte as facts write it in texts.
var hexByte = regexp.MustCompile(`\\([0-9A-F]{2})`)

func (g *generator) value(name, value string) {
	literal := value + "LL"
	if value == "-9223372036854775808" {
		literal = "(-9223372036854775807LL - 1)"
	}
	g.assert(fmt.Sprintf("(long long)(%s) == %s", name, literal), name, "value")
}

func (g *generator) types(has func(string) bool) {
	for _, name := range sorted(g.facts.Types) {
		t := g.facts.Types[name]
		if !g.here("types", &t.Origin, has) {
			continue
		}
		if t.Size != nil {
			g.assert(fmt.Sprintf("sizeof(%s) == %d", name, *t.Size), name, "size")
		}
		// A record without a tag has no other name to compare it with.
		if t.Canonical != name {
			g.assert(fmt.Sprintf("SAME(%s, %s)", name, t.Type), name, "its type is "+t.Type)
			g.assert(fmt.Sprintf("SAME(%s, %s)", name, t.Canonical), name, "its type is "+t.Canonical)
		}
	}
}

func (g *generator) functions(has func(string) bool) {
	for _, name := range sorted(g.facts.Functions) {
		f := g.facts.Functions[name]
		if f.Undeclared() {
			continue // there is no prototype to compare it with; TestUndeclared holds that
		}
		if !g.here("functions", &f.Origin, has) {
			continue
		}
		params := make([]string, len(f.Params))
		for i, p := range f.Params {
			params[i] = cType(p.Type)
		}
		if len(params) == 0 {
			params = []string{"void"}
		}
		if abi.Variadic[name] {
			params = append(params, "...")
		}
		g.printf("#line 1 \"prototype of %s\"\n", name) // the compiler's message names it
		// What is itself unavailable may name what iOS has not: the prototype
		// is checked there too.
		g.printf("extern __attribute__((unavailable)) %s (*const prototype_of_%s)(%s);\n",
			cType(f.Returns), name, strings.Join(params, ", "))
		g.printf("__attribute__((unavailable)) %s (*const prototype_of_%s)(%s) = %s;\n",
			cType(f.Returns), name, strings.Join(params, ", "), name)
	}
}

func (g *generator) variables(has func(string) bool) {
	for _, name := range sorted(g.facts.Variables) {
		v := g.facts.Variables[name]
		if g.here("variables", &v.Origin, has) {
			g.assert(fmt.Sprintf("SAME(%s, %s)", name, cType(v.Type)), name, "its type is "+v.Type)
		}
	}
}

// cType makes a type usable without a declarator grammar.
func cType(t string) string {
	// The record behind a va_list on amd64 has no name that a program can use.
	t = strings.ReplaceAll(t, "struct __va_list_tag *", "__builtin_va_list")
	if strings.ContainsAny(t, "([") {
		return "__typeof__(" + t + ")"
	}
	return t
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
