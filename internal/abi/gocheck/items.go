package gocheck

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// constant compares value, size and sign. A literal without a suffix or a
// cast is an int in C only because C has no untyped constants: the Go constant
// may be untyped, or have the type that the API means, if it has the size.
func (c *checker) constant(name string, k *abi.Constant) {
	c.item("constant", name, func(wrong func(string, ...any)) {
		obj, ok := c.Types.Scope().Lookup(constantKey(name)).(*types.Const)
		if !ok {
			wrong("no constant %s", constantKey(name))
			return
		}
		if k.String != nil {
			if got := constant.StringVal(obj.Val()); got != unescape(*k.String) {
				wrong("text %q, want %q", got, unescape(*k.String))
			}
			return
		}
		want, ok := new(big.Int).SetString(k.Value.String(), 10)
		if !ok {
			wrong("no number in the facts: %s", k.Value)
			return
		}
		if want.Sign() < 0 && !k.Signed {
			want.Add(want, new(big.Int).Lsh(big.NewInt(1), uint(8*k.Size)))
		}
		if got := obj.Val().ExactString(); got != want.String() {
			wrong("value %s, want %s", got, want)
		}
		basic, _ := obj.Type().Underlying().(*types.Basic)
		if basic == nil || basic.Info()&types.IsInteger == 0 {
			wrong("%s is no integer", c.name(obj.Type()))
			return
		}
		if basic.Info()&types.IsUntyped != 0 {
			return // takes the type that the caller needs
		}
		got := c.goShape(obj.Type())
		if got.size != k.Size {
			wrong("%s has %d bytes, in C it has %d", c.name(obj.Type()), got.size, k.Size)
		}
		plainInt := k.Signed && k.Size == 4
		if got.signed != k.Signed && !plainInt {
			wrong("%s is signed: %t, in C %t", c.name(obj.Type()), got.signed, k.Signed)
		}
	})
}

var hexByte = regexp.MustCompile(`\\([0-9A-F]{2})`)

// unescape undoes the form \0A that texts have in the facts.
func unescape(s string) string {
	return hexByte.ReplaceAllStringFunc(s, func(m string) string {
		n, err := strconv.ParseUint(m[1:], 16, 8)
		if err != nil {
			return m
		}
		return string([]byte{byte(n)})
	})
}

// typedef compares size, sign and kind. Pointer typedefs have no Go name: the
// rule says so, and except.txt with it.
func (c *checker) typedef(name string, t *abi.Type) {
	c.item("type", name, func(wrong func(string, ...any)) {
		if isPointer(t.Canonical) {
			wrong("a pointer typedef without a Go name")
			return
		}
		goName := c.names.types[name]
		if goName == "" {
			tag := strings.TrimPrefix(strings.TrimPrefix(t.Canonical, "struct "), "union ")
			goName = c.names.records[tag]
		}
		obj, ok := c.Types.Scope().Lookup(goName).(*types.TypeName)
		if !ok {
			wrong("no Go type says in its comment that it is this one")
			return
		}
		if t.Size != nil && int(c.Sizes.Sizeof(obj.Type())) != *t.Size {
			wrong("%s has %d bytes, want %d", goName, c.Sizes.Sizeof(obj.Type()), *t.Size)
			return
		}
		if d := c.differ(c.shapes, name, obj.Type()); d != "" {
			wrong("%s", d)
		}
	})
}

func isPointer(canonical string) bool {
	return strings.HasSuffix(canonical, "*") || strings.Contains(canonical, "(")
}

// variable compares the type that the reading function returns.
func (c *checker) variable(name string, v *abi.Variable) {
	c.item("variable", name, func(wrong func(string, ...any)) {
		sig := c.signature(c.names.variables[name])
		if sig == nil {
			wrong("no function says in its comment that it returns it")
			return
		}
		if sig.Params().Len() != 0 || sig.Results().Len() != 1 {
			wrong("want a function without parameters that returns the value")
			return
		}
		if d := c.differ(c.shapes, v.Type, sig.Results().At(0).Type()); d != "" {
			wrong("%s", d)
		}
	})
}

func (c *checker) signature(goName string) *types.Signature {
	f, ok := c.Types.Scope().Lookup(goName).(*types.Func)
	if !ok {
		return nil
	}
	return f.Type().(*types.Signature)
}

// function compares number, order, width, sign and pointer-ness of the
// parameters, the result, and that the wrapper calls this very symbol.
func (c *checker) function(name string, f *abi.Function) {
	c.item("function", name, func(wrong func(string, ...any)) {
		goName := c.names.functions[name]
		sig := c.signature(goName)
		if sig == nil {
			wrong("no function says in its comment that it is this one")
			return
		}
		if !spells(goName, name) {
			wrong("%s is not how the naming rule spells it", goName)
		}
		if sig.Params().Len() != len(f.Params) {
			wrong("%d parameters, want %d", sig.Params().Len(), len(f.Params))
			return
		}
		for i, p := range f.Params {
			got := sig.Params().At(i)
			if d := c.differ(c.shapes, p.Type, got.Type()); d != "" {
				wrong("parameter %d, %s: %s", i+1, p.Name, d)
			}
			if p.Name != "" && !spellsParameter(got.Name(), p.Name) {
				wrong("parameter %d is called %s, in C %s", i+1, got.Name(), p.Name)
			}
		}
		c.result(f, sig, wrong)
		if symbols := calledSymbols(c.decls[goName]); len(symbols) != 1 || symbols[0] != name {
			wrong("it calls %v", symbols)
		}
	})
}

func (c *checker) result(f *abi.Function, sig *types.Signature, wrong func(string, ...any)) {
	var got types.Type
	switch sig.Results().Len() {
	case 0:
	case 1:
		got = sig.Results().At(0).Type()
	default:
		wrong("%d results", sig.Results().Len())
		return
	}
	returns := strings.TrimSpace(f.Returns)
	switch {
	case returns == "kern_return_t" || returns == "mach_msg_return_t":
		if got == nil || got != types.Universe.Lookup("error").Type() {
			wrong("it does not return an error")
		}
	case returns == "void":
		if got != nil {
			wrong("it returns %s, C nothing", c.name(got))
		}
	case got == nil:
		wrong("it returns nothing, C %s", returns)
	default:
		if d := c.differ(c.shapes, returns, got); d != "" {
			wrong("result: %s", d)
		}
	}
}

// calledSymbols lists the symbols of libSystem that a function's body names.
func calledSymbols(d *ast.FuncDecl) []string {
	var out []string
	seen := map[string]bool{}
	if d == nil || d.Body == nil {
		return nil
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "libsystem" {
			return true
		}
		for _, prefix := range []string{"Sym_", "Late_"} {
			if s, ok := strings.CutPrefix(sel.Sel.Name, prefix); ok && !seen[s] && token.IsIdentifier(sel.Sel.Name) {
				seen[s] = true
				out = append(out, s)
			}
		}
		return true
	})
	return out
}
