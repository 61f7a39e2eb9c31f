package parse

import (
	"strings"

	"github.com/gomach/mach/internal/mig/ast"
	"github.com/gomach/mach/internal/mig/cpp"
)

// translated is a type with the clauses behind it.
func (p *parser) translated() *ast.Spec {
	s := p.spec()
	for !p.broken {
		at, kind := p.pos(), p.word()
		t := ast.Translation{Pos: at, Kind: kind}
		switch kind {
		case "intran", "outtran":
			p.take()
			p.want(":", "after "+kind)
			t.Result = p.name("a type").Text
			t.Function = p.name("a function").Text
			p.want("(", "after the function's name")
			t.Argument = p.name("the function's argument").Text
			p.want(")", "after the function's argument")
		case "destructor":
			p.take()
			p.want(":", "after "+kind)
			t.Function = p.name("a function").Text
			p.want("(", "after the function's name")
			t.Argument = p.name("the function's argument").Text
			p.want(")", "after the function's argument")
		case "ctype", "cusertype", "cservertype":
			p.take()
			p.want(":", "after "+kind)
			t.Result = p.name("a type").Text
		default:
			return s
		}
		s.Trans = append(s.Trans, t)
	}
	return s
}

func (p *parser) spec() *ast.Spec {
	s := &ast.Spec{Pos: p.pos()}
	defer func() { p.depth-- }()
	if !p.deeper() {
		return s
	}
	switch word := p.word(); word {
	case "array":
		p.take()
		p.array(s)
	case "struct":
		p.take()
		s.Form = ast.Struct
		s.Number = p.size("struct")
		p.want("of", "between a struct's size and its element")
		s.Element = p.spec()
	case "^":
		p.take()
		s.Form, s.Element = ast.Pointer, p.spec()
	case "c_string":
		p.take()
		p.cString(s)
	case "pointerto", "pointertoifnot", "valueof":
		p.take()
		p.native(s, word)
	case "(":
		p.take()
		p.basic(s)
		p.want(",", "before the number of bits")
		s.Bits = p.number()
		p.want(")", "after the number of bits")
	default:
		if isWire(p.tokens) {
			p.basic(s)
			break
		}
		s.Form, s.Name = ast.Previous, p.name("a type")
	}
	return s
}

// isWire tells whether a type on the wire comes: MACH_MSG_TYPE_..., polymorphic, or a number.
func isWire(tokens []cpp.Token) bool {
	if len(tokens) == 0 {
		return false
	}
	t := tokens[0]
	return t.Kind == cpp.Number || strings.EqualFold(t.Text, "polymorphic") || t.Kind == cpp.Ident && strings.HasPrefix(t.Text, "MACH_MSG_TYPE_")
}

// basic is a type on the wire, or one for each end.
func (p *parser) basic(s *ast.Spec) {
	s.Form, s.Wire = ast.Basic, p.wire()
	if p.accept("|") {
		s.Out = p.wire()
	}
}

func (p *parser) wire() ast.Name {
	if !isWire(p.tokens) {
		p.wrong("a type as messages have it (MACH_MSG_TYPE_..., or polymorphic) is wanted")
		return ast.Name{Pos: p.pos()}
	}
	t := p.take()
	return ast.Name{Text: t.Text, Pos: t.Pos}
}

func (p *parser) array(s *ast.Spec) {
	p.want("[", "after array")
	switch {
	case p.accept("]"):
		s.Form = ast.VarArray
	case p.accept("*"):
		s.Form = ast.VarArray
		if p.accept(":") {
			s.Number = p.positive("array")
		}
		p.want("]", "after an array's size")
	default:
		s.Form, s.Number = ast.Array, p.positive("array")
		p.want("]", "after an array's size")
	}
	p.want("of", "between an array's size and its element")
	s.Element = p.spec()
}

// size is a number in square brackets.
func (p *parser) size(of string) int64 {
	p.want("[", "after "+of)
	n := p.positive(of)
	p.want("]", "after the size of "+of)
	return n
}

// maxElements bounds what a message can have; its size is a number of 32 bits.
const maxElements = 1 << 28

func (p *parser) positive(of string) int64 {
	n := p.number()
	if !p.broken && (n <= 0 || n > maxElements) {
		p.wrong("the size of this %s is %d: from 1 to %d is possible", of, n, maxElements)
	}
	return n
}

func (p *parser) cString(s *ast.Spec) {
	s.Form = ast.CString
	p.want("[", "after c_string")
	if p.accept("*") {
		s.Form = ast.VarCString
		p.want(":", "between * and the greatest size")
	}
	s.Number = p.positive("string")
	p.want("]", "after a string's size")
}

func (p *parser) native(s *ast.Spec, word string) {
	s.Form, s.Native = ast.Native, word
	p.want("(", "after "+word)
	s.Phrase = p.phrase()
	if word == "pointertoifnot" {
		p.want(",", "before the value that stands for nothing")
		s.Bad = p.phrase()
	}
	p.want(")", "after the type of C")
}

// phrase is several words.
func (p *parser) phrase() string {
	words := p.name("a type of C").Text
	for !p.broken && len(p.tokens) > 0 && p.tokens[0].Kind == cpp.Ident {
		words += " " + p.take().Text
	}
	return words
}
