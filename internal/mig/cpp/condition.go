package cpp

import (
	"strconv"
	"strings"
)

// holds tells whether the expression of an #if is true.
func (p *preprocessor) holds(word Token, line []Token) bool {
	e := expression{tokens: p.expanded(p.answered(line)), p: p, word: word}
	if len(line) == 0 {
		e.fail("an expression is wanted", "")
		return false
	}
	v := e.ternary()
	if len(e.tokens) > 0 && !e.failed {
		e.fail("the expression ends before this", e.tokens[0].Text)
	}
	return v != 0 && !e.failed
}

// answered replaces each defined(NAME) before macros are expanded.
func (p *preprocessor) answered(line []Token) (out []Token) {
	for i := 0; i < len(line); i++ {
		t := line[i]
		if t.Text == "defined" {
			name, used := Token{}, 0
			switch rest := line[i+1:]; {
			case len(rest) >= 1 && rest[0].Kind == Ident:
				name, used = rest[0], 1
			case len(rest) >= 3 && rest[0].Text == "(" && rest[1].Kind == Ident && rest[2].Text == ")":
				name, used = rest[1], 3
			}
			if used > 0 {
				i += used
				answer := "0"
				if p.macros[name.Text] != nil {
					answer = "1"
				}
				t = Token{Kind: Number, Text: answer, Pos: t.Pos, Space: t.Space}
			}
		}
		out = append(out, t)
	}
	return out
}

// expression reads what is left of one.
type expression struct {
	tokens []Token
	p      *preprocessor
	word   Token
	failed bool
	depth  int
}

func (e *expression) fail(message, text string) {
	if !e.failed {
		pos := e.word.Pos
		if len(e.tokens) > 0 {
			pos = e.tokens[0].Pos
		}
		e.p.problems.Wrong(pos, text, "#%s: %s", e.word.Text, message)
	}
	e.failed = true
	e.tokens = nil
}

func (e *expression) accept(text string) bool {
	if len(e.tokens) > 0 && e.tokens[0].Text == text {
		e.tokens = e.tokens[1:]
		return true
	}
	return false
}

func (e *expression) ternary() int64 {
	v := e.binary(0)
	if !e.accept("?") {
		return v
	}
	yes := e.ternary()
	if !e.accept(":") {
		e.fail("a ? without its :", "")
		return 0
	}
	no := e.ternary()
	if v != 0 {
		return yes
	}
	return no
}

// levels are the operators, those that bind least first.
var levels = [][]string{{"||"}, {"&&"}, {"|"}, {"^"}, {"&"}, {"==", "!="}, {"<", "<=", ">", ">="}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}}

func (e *expression) binary(level int) int64 {
	if level == len(levels) {
		return e.unary()
	}
	v := e.binary(level + 1)
next:
	for {
		for _, op := range levels[level] {
			if e.accept(op) {
				v = e.apply(op, v, e.binary(level+1))
				continue next
			}
		}
		return v
	}
}

func (e *expression) apply(op string, a, b int64) int64 {
	is := func(v bool) int64 {
		if v {
			return 1
		}
		return 0
	}
	switch op {
	case "||":
		return is(a != 0 || b != 0)
	case "&&":
		return is(a != 0 && b != 0)
	case "|":
		return a | b
	case "^":
		return a ^ b
	case "&":
		return a & b
	case "==":
		return is(a == b)
	case "!=":
		return is(a != b)
	case "<":
		return is(a < b)
	case "<=":
		return is(a <= b)
	case ">":
		return is(a > b)
	case ">=":
		return is(a >= b)
	case "<<":
		return a << (uint64(b) & 63)
	case ">>":
		return a >> (uint64(b) & 63)
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	}
	if b == 0 {
		return 0 // the side of && or || that does not count may well divide so
	}
	if op == "/" {
		return a / b
	}
	return a % b
}

func (e *expression) unary() int64 {
	if e.depth++; e.depth > 200 {
		e.fail("the expression is too deep", "")
	}
	defer func() { e.depth-- }()
	switch {
	case len(e.tokens) == 0:
		e.fail("the expression is not complete", "")
		return 0
	case e.accept("!"):
		if e.unary() == 0 {
			return 1
		}
		return 0
	case e.accept("-"):
		return -e.unary()
	case e.accept("+"):
		return e.unary()
	case e.accept("~"):
		return ^e.unary()
	case e.accept("("):
		v := e.ternary()
		if !e.accept(")") {
			e.fail("a bracket is not closed", "")
		}
		return v
	}
	t := e.tokens[0]
	switch t.Kind {
	case Ident: // no macro
		e.tokens = e.tokens[1:]
		if e.accept("(") { // __has_include and its kind
			for len(e.tokens) > 0 && !e.accept(")") {
				e.tokens = e.tokens[1:]
			}
		}
		return 0
	case Number:
		v, err := strconv.ParseUint(strings.TrimRight(strings.ToLower(t.Text), "ul"), 0, 64)
		if err != nil {
			e.fail("no whole number", t.Text)
			return 0
		}
		e.tokens = e.tokens[1:]
		return int64(v)
	case Char:
		if len(t.Text) == 3 {
			e.tokens = e.tokens[1:]
			return int64(t.Text[1])
		}
	}
	e.fail("a number or a name is wanted", t.Text)
	return 0
}
