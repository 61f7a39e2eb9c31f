package gen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// emitConstants writes the constants, grouped by header. A constant that
// differs between the CPU families stands in an arch file.
func (g *Gen) emitConstants() ([]block, error) {
	var out []block
	seen := map[string]*constant{}
	for _, c := range sorted(g.consts) {
		k := g.consts[c]
		if o := seen[k.GoName]; o != nil {
			if fmt.Sprint(o.Value) != fmt.Sprint(k.Value) {
				return nil, fmt.Errorf("gen: %s and %s are both %s but differ", o.C, k.C, k.GoName)
			}
			continue
		}
		seen[k.GoName] = k
		if err := g.claim(k.GoName, "const "+c); err != nil {
			return nil, err
		}
		doc := g.constDoc(k)
		group := header1(k.Header)
		if k.Expr != "" {
			out = append(out, block{Key: "const " + k.GoName, File: "zconstants.go", Group: group, Value: fmt.Sprint(k.Value), Text: doc + fmt.Sprintf("\t%s = %s\n", k.GoName, k.Expr)})
			continue
		}
		for _, a := range sorted(k.Value) {
			file := map[string]string{"": "zconstants.go", "amd64": "zconstants_amd64.go", "arm64": "zconstants_noamd64.go"}[a]
			typ := k.GoType
			value := k.Value[a]
			if typ != "" {
				typ = g.freeTypeName(typ)
				value = g.wrap(typ, value)
				typ = " " + typ
			}
			out = append(out, block{Key: "const " + k.GoName, File: file, Group: group, Text: doc + fmt.Sprintf("\t%s%s = %s\n", k.GoName, typ, value)})
		}
	}
	return out, nil
}

// wrap makes a flag in the sign bit fit the signed type that C gives it.
func (g *Gen) wrap(typ, value string) string {
	v, err := strconv.ParseInt(value, 0, 64)
	if err != nil || v <= math.MaxInt32 || v > math.MaxUint32 {
		return value
	}
	for c, name := range g.typeNames {
		if name == typ && distinct[c] {
			if u, err := g.underlying(c); err == nil && u.Expr == "int32" {
				return fmt.Sprintf("%#x - 1<<32", v)
			}
		}
	}
	return value
}

func (g *Gen) constDoc(k *constant) string {
	h := strings.TrimPrefix(g.history(&k.Origin, changes(k)), "\n//\n")
	h = strings.TrimPrefix(h, "//")
	h = strings.TrimSpace(h)
	if h == "" {
		if k.C != k.GoName {
			return fmt.Sprintf("\t// %s is C's %s.\n", k.GoName, k.C)
		}
		return ""
	}
	h = strings.ReplaceAll(h, "\n", "\n\t")
	if strings.HasPrefix(h, "Deprecated") {
		return fmt.Sprintf("\t// %s is C's %s.\n\t//\n\t// %s\n", k.GoName, k.C, h)
	}
	return fmt.Sprintf("\t// %s: %s\n", k.GoName, lowerFirst(h))
}

// changes says which values the trees have that differ.
func changes(k *constant) string {
	var change []string
	for i := len(abi.Trees) - 1; i >= 0; i-- {
		if v, ok := k.Changed[abi.Trees[i]]; ok {
			change = append(change, fmt.Sprintf("%s in %s", v, abi.Trees[i]))
		}
	}
	return strings.Join(change, ", ")
}

func lowerFirst(s string) string {
	if strings.HasPrefix(s, "The ") {
		return "the " + s[4:]
	}
	if strings.HasPrefix(s, "It changed") {
		return "changed" + s[len("It changed"):]
	}
	return s
}
