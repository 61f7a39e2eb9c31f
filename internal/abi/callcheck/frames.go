package callcheck

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/gomach/mach/internal/abi/gocheck"
)

// Frame is the argument frame that a wrapper fills.
type Frame struct {
	Wide bool   // it goes to the stub that copies stack arguments
	Args []Slot // by parameter
	Size int
}

// Slot is where a frame holds a parameter.
type Slot struct {
	Offset int
	Size   int
	ByRef  bool // the frame holds a pointer to what C passes by value
}

// Layout of the frames, as the stubs read them.
const (
	headSize  = 16 // function and result
	wordSize  = 8
	stackArea = 96
)

// registers is the number of argument registers of a CPU family.
var registers = map[string]int{"arm64": 8, "amd64": 6}

// FrameOf finds the frame in a wrapper's body: the one struct literal that
// begins with libsystem.Head.
func FrameOf(p *gocheck.Package, fn *ast.FuncDecl) (*Frame, error) {
	var params []string
	for _, f := range fn.Type.Params.List {
		for _, n := range f.Names {
			params = append(params, n.Name)
		}
	}
	var lit *ast.CompositeLit
	var st *types.Struct
	wide, calls, mixed := false, 0, false
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if s, ok := p.Info.TypeOf(n).Underlying().(*types.Struct); ok && s.NumFields() > 0 && s.Field(0).Name() == "Head" {
				lit, st = n, s
			}
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "Call") {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "libsystem" {
					w := strings.HasPrefix(sel.Sel.Name, "CallWide")
					mixed = mixed || calls > 0 && w != wide
					calls, wide = calls+1, w
				}
			}
		}
		return true
	})
	// Two calls where the scheduler is told about one of them.
	if lit == nil || calls != 1 && calls != 2 || mixed {
		return nil, fmt.Errorf("%d calls, frame found: %t, by different stubs: %t", calls, lit != nil, mixed)
	}
	frame := &Frame{Wide: wide, Args: make([]Slot, len(params)), Size: int(p.Sizes.Sizeof(st))}
	slots := map[string]Slot{}
	fields := make([]*types.Var, st.NumFields())
	for i := range fields {
		fields[i] = st.Field(i)
	}
	for i, off := range p.Sizes.Offsetsof(fields) {
		f := fields[i]
		slots[f.Name()] = Slot{Offset: int(off), Size: int(p.Sizes.Sizeof(f.Type()))}
	}
	filled := map[int]bool{}
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return nil, fmt.Errorf("the frame's values have no names")
		}
		i := paramIn(kv.Value, params)
		if i < 0 || filled[i] {
			return nil, fmt.Errorf("%s is set from no parameter of its own", kv.Key.(*ast.Ident).Name)
		}
		filled[i] = true
		slot := slots[kv.Key.(*ast.Ident).Name]
		slot.ByRef = byRef(p, fn, i, kv.Value)
		frame.Args[i] = slot
	}
	if len(filled) != len(params) {
		return nil, fmt.Errorf("%d of %d parameters are in the frame", len(filled), len(params))
	}
	return frame, nil
}

// paramIn finds the parameter that an expression is made from: itself, or the
// C text made of it, which is called after it.
func paramIn(e ast.Expr, params []string) int {
	found := -1
	ast.Inspect(e, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			_ = sel // libsystem.Ptr: the package's name is no parameter
			return false
		}
		if id, ok := n.(*ast.Ident); ok {
			for i, p := range params {
				if id.Name == p || id.Name == p+"C" {
					found = i
				}
			}
		}
		return true
	})
	return found
}

// byRef reports whether the frame has a pointer where the parameter is a
// struct.
func byRef(p *gocheck.Package, fn *ast.FuncDecl, i int, value ast.Expr) bool {
	sig := p.Info.Defs[fn.Name].(*types.Func).Type().(*types.Signature)
	_, isStruct := sig.Params().At(i).Type().Underlying().(*types.Struct)
	_, isPointer := p.Info.TypeOf(value).Underlying().(*types.Pointer)
	return isStruct && isPointer
}

// CheckFrame compares a frame for Darwin with where the callee looks.
func CheckFrame(f *Frame, places []Place, arch string) (wrong []string) {
	regs := registers[arch]
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if len(places) != len(f.Args) {
		say("%d parameters, the C function has %d", len(f.Args), len(places))
		return wrong
	}
	end := 0
	for i, p := range places {
		s := f.Args[i]
		want := headSize + p.Reg*wordSize
		if p.Reg < 0 {
			want = headSize + regs*wordSize + p.Stack
			end = max(end, p.Stack+s.Size)
			if !f.Wide {
				say("parameter %d is on the stack, but the call is not wide", i+1)
			}
			if p.Loaded > s.Size {
				say("parameter %d: the callee reads %d bytes, the frame has %d", i+1, p.Loaded, s.Size)
			}
		}
		if s.Offset != want {
			say("parameter %d is at frame+%d, want frame+%d (%s)", i+1, s.Offset, want, p)
		}
		if s.ByRef != p.ByRef {
			say("parameter %d by reference: %t, want %t", i+1, s.ByRef, p.ByRef)
		}
	}
	if end > stackArea {
		say("stack arguments take %d bytes, the stub copies %d", end, stackArea)
	}
	if f.Wide && f.Size < headSize+regs*wordSize+stackArea {
		say("the frame has %d bytes, the wide stub reads %d", f.Size, headSize+regs*wordSize+stackArea)
	}
	return wrong
}

// CheckWords checks a frame for other systems: a word an argument, in order,
// a struct of up to two words as it is and a larger one by reference.
func CheckWords(f *Frame) (wrong []string) {
	next := headSize
	for i, s := range f.Args {
		if s.Offset != next {
			wrong = append(wrong, fmt.Sprintf("parameter %d is at frame+%d, want frame+%d", i+1, s.Offset, next))
		}
		next += (s.Size + wordSize - 1) / wordSize * wordSize
	}
	return wrong
}
