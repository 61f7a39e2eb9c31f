package main

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/gen"
)

// eachFacts hands over what was measured on Apple's newest headers, for both CPUs.
func eachFacts(t *testing.T, f func(arch string, facts *abi.Facts)) *gen.Gen {
	t.Helper()
	for _, arch := range abi.Archs {
		facts, err := abi.Load(arch)
		if err != nil {
			t.Fatal(err)
		}
		f(arch, facts)
	}
	g, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// "const" tells the value of every constant that was measured, on each CPU, and finds it
// by its value.
func TestConstAgreesWithFacts(t *testing.T) {
	g, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	list, n, byValue := g.Constants(), 0, map[int64][]gen.Constant{}
	unescaped := strings.NewReplacer(`\0A`, "\n", `\09`, "\t") // as the compiler that measured writes them
	eachFacts(t, func(arch string, facts *abi.Facts) {
		for name, fact := range facts.Constants {
			n++
			found, err := constants(list, name, "", "")
			i := slices.IndexFunc(found, func(k gen.Constant) bool { return k.C == name })
			if err != nil || i < 0 {
				t.Errorf("%s: %v, %v", name, found, err)
				continue
			}
			k := found[i]
			if fact.String != nil {
				if got, err := strconv.Unquote(k.Values[arch]); err != nil || !k.Text || got != unescaped.Replace(*fact.String) {
					t.Errorf("%s on %s is %s, measured %q", name, arch, k.Values[arch], *fact.String)
				}
				continue
			}
			want, err := number(fact.Value.String())
			got, e := number(k.Values[arch])
			if err != nil || e != nil || want != got {
				t.Errorf("%s on %s is %s, measured %s", name, arch, k.Values[arch], fact.Value)
				continue
			}
			same, ok := byValue[want]
			if !ok {
				if same, err = constants(list, fact.Value.String(), "", ""); err != nil {
					t.Errorf("%s: %v", fact.Value, err)
				}
				byValue[want] = same
			}
			if !slices.ContainsFunc(same, func(c gen.Constant) bool { return c.C == name }) {
				t.Errorf("%s is not found by %s", name, fact.Value)
			}
		}
	})
	if n < 1000 {
		t.Errorf("%d constants", n)
	}
}

// "struct" tells where every field of every record is that was measured.
func TestStructAgreesWithFacts(t *testing.T) {
	n := 0
	g := eachFacts(t, func(string, *abi.Facts) {})
	records := g.Records()
	eachFacts(t, func(arch string, facts *abi.Facts) {
		for tag, fact := range facts.Records {
			n++
			found := named(records, tag, recordNames)
			if len(found) != 1 {
				t.Errorf("%s is found %d times", tag, len(found))
				continue
			}
			l := found[0].Layouts[arch]
			if l.Size != fact.Size || l.Align != fact.Align || !reflect.DeepEqual(l.Fields, fact.Fields) {
				t.Errorf("%s on %s: %+v, measured %+v", tag, arch, l, fact)
			}
		}
	})
	if n < 200 {
		t.Errorf("%d records", n)
	}
}

// "func" tells the prototype of every function that libSystem exports.
func TestFuncAgreesWithFacts(t *testing.T) {
	n := 0
	g := eachFacts(t, func(string, *abi.Facts) {})
	functions, err := g.Functions()
	if err != nil {
		t.Fatal(err)
	}
	eachFacts(t, func(arch string, facts *abi.Facts) {
		for name, fact := range facts.Functions {
			if !fact.Exported {
				continue
			}
			n++
			found := named(functions, name, functionNames)
			if len(found) != 1 {
				t.Errorf("%s is found %d times", name, len(found))
				continue
			}
			rest := strings.ReplaceAll(found[0].Prototype, " ", "")
			for _, part := range append([]abi.Param{{Name: name, Type: fact.Returns}}, fact.Params...) {
				base, _, _ := strings.Cut(strings.ReplaceAll(part.Type, " ", ""), "[")
				_, after, ok := strings.Cut(rest, strings.TrimRight(base, "*"))
				if ok {
					_, after, ok = strings.Cut(after, part.Name)
				}
				if !ok {
					t.Errorf("%s on %s: no %s %s in its place in %s", name, arch, part.Type, part.Name, found[0].Prototype)
					break
				}
				rest = after
			}
		}
	})
	if n < 600 {
		t.Errorf("%d functions", n)
	}
}

// "error" knows every code of <mach/kern_return.h> and <mach/message.h> by name and by
// number.
func TestErrorAgreesWithFacts(t *testing.T) {
	n := 0
	g := eachFacts(t, func(string, *abi.Facts) {})
	eachFacts(t, func(arch string, facts *abi.Facts) {
		for name, fact := range facts.Constants {
			switch {
			case fact.Header == "mach/kern_return.h" && strings.HasPrefix(name, "KERN_") && name != "KERN_RETURN_MAX": // which is a bound
			case fact.Header == "mach/message.h" && (strings.HasPrefix(name, "MACH_SEND_") || strings.HasPrefix(name, "MACH_RCV_")) && fact.Kind == "macro" && isError(fact):
			default:
				continue
			}
			n++
			code, err := kernReturn(g, name)
			v, e := number(fact.Value.String())
			if err != nil || e != nil || code != mach.KernReturn(v) {
				t.Errorf("%s is %d, %v; measured %s", name, code, err, fact.Value)
				continue
			}
			x := describe(g, code)
			if x.Name != name && !slices.Contains(x.Others, name) {
				t.Errorf("%s on %s is %s, also %v", name, arch, x.Name, x.Others)
			}
			if x.Text == "" || x.Code != int32(v) {
				t.Errorf("%s: %+v", name, x)
			}
		}
	})
	if n < 150 {
		t.Errorf("%d codes", n)
	}
}

// isError reports whether a constant has the system bits of an error of IPC, as
// <mach/error.h> has them: options and sizes have not.
func isError(c *abi.Constant) bool {
	v, err := number(c.Value.String())
	return err == nil && v>>14 == 0x10000000>>14 && v&0x3fff != 0 && v != 0x10003fff
}
