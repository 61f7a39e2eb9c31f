package cpp

import (
	"slices"
	"strconv"
	"strings"
)

// macro is what #define makes.
type macro struct {
	name     string
	function bool // takes arguments
	params   []string
	variadic bool
	body     []Token
}

// defineOption obeys -D.
func (p *preprocessor) defineOption(d string) {
	name, text, given := strings.Cut(d, "=")
	if !given {
		text = "1"
	}
	s := newScanner("-D "+d, name+" "+text, p.problems)
	s.first = false // the rest of a line whose #define is not written
	p.define(Token{Pos: s.pos}, s.line())
}

func (p *preprocessor) define(word Token, line []Token) {
	if len(line) == 0 || line[0].Kind != Ident {
		p.problems.Wrong(word.Pos, textOf(line), "#define wants a name")
		return
	}
	m := &macro{name: line[0].Text}
	rest := line[1:]
	if len(rest) > 0 && rest[0].Text == "(" && !rest[0].Space {
		m.function = true
		var ok bool
		if rest, ok = m.parameters(rest[1:]); !ok {
			p.problems.Wrong(line[0].Pos, textOf(line), "the macro's parameters are no list of names")
			return
		}
	}
	m.body = rest
	if m.name == "defined" {
		p.problems.Wrong(line[0].Pos, m.name, "cannot be a macro")
		return
	}
	if old := p.macros[m.name]; old != nil && !old.same(m) {
		p.problems.Odd(line[0].Pos, m.name, "the macro is defined anew, and differently")
	}
	p.macros[m.name] = m
}

// parameters reads them up to the closing bracket, and gives the rest.
func (m *macro) parameters(line []Token) (rest []Token, ok bool) {
	if len(line) > 0 && line[0].Text == ")" {
		return line[1:], true
	}
	for len(line) >= 2 {
		name, sep := line[0], line[1].Text
		switch {
		case name.Text == "...":
			m.variadic = true
			m.params = append(m.params, "__VA_ARGS__")
		case name.Kind == Ident:
			m.params = append(m.params, name.Text)
		default:
			return nil, false
		}
		line = line[2:]
		if sep == ")" {
			return line, true
		}
		if sep != "," || m.variadic {
			return nil, false
		}
	}
	return nil, false
}

func (m *macro) same(o *macro) bool {
	return m.function == o.function && strings.Join(m.params, ",") == strings.Join(o.params, ",") && textOf(m.body) == textOf(o.body)
}

// stream is tokens that are to be expanded, and behind them those that more gives.
type stream struct {
	tokens []Token
	more   func() Token
}

func (s *stream) next() Token {
	if len(s.tokens) > 0 {
		t := s.tokens[0]
		s.tokens = s.tokens[1:]
		return t
	}
	if s.more != nil {
		return s.more()
	}
	return Token{}
}

// expand puts what becomes of a stream's tokens into the output. It takes from the text behind only
// what arguments need.
func (p *preprocessor) expand(s *stream) {
	for len(s.tokens) > 0 && p.made < maxTokens {
		p.out = append(p.out, p.step(s)...)
	}
	if p.made >= maxTokens && !p.problems.Full() && len(p.files) > 0 {
		p.problems.Wrong(p.files[0].pos, "", "the macros make more than %d tokens", maxTokens)
	}
}

// expanded is the tokens with all macros in them expanded.
func (p *preprocessor) expanded(tokens []Token) (out []Token) {
	s := &stream{tokens: append([]Token(nil), tokens...)}
	for len(s.tokens) > 0 && p.made < maxTokens {
		out = append(out, p.step(s)...)
	}
	return out
}

// step takes a token. If it is no macro it comes back; the text of one is put in front
// of the stream instead.
func (p *preprocessor) step(s *stream) []Token {
	t := s.next()
	p.made++
	m := p.macros[t.Text]
	if t.Kind != Ident || m == nil || t.hide.has(t.Text) {
		return []Token{t}
	}
	if !m.function {
		p.push(s, t, p.substitute(m, nil, t), t.hide.and(m.name))
		return nil
	}
	// Dave Prosser's algorithm: the result hides what both the name and the bracket hide.
	open := s.next()
	if open.Text != "(" {
		if open.Kind != EOF {
			s.tokens = append([]Token{open}, s.tokens...)
		}
		return []Token{t}
	}
	args, closing, ok := p.arguments(s, m, t)
	if !ok {
		return nil
	}
	p.push(s, t, p.substitute(m, args, t), t.hide.both(closing.hide).and(m.name))
	return nil
}

// push puts a macro's text in front of the stream.
func (p *preprocessor) push(s *stream, use Token, text []Token, hide *hidden) {
	for i := range text {
		text[i].hide = text[i].hide.all(hide)
		text[i].Pos = use.Pos
		if i == 0 {
			text[i].Space = use.Space
		}
	}
	p.made += len(text)
	s.tokens = append(text, s.tokens...)
}

// arguments reads a macro's arguments up to the closing bracket.
func (p *preprocessor) arguments(s *stream, m *macro, use Token) (args [][]Token, closing Token, ok bool) {
	var arg []Token
	for depth := 0; ; {
		t := s.next()
		switch {
		case t.Kind == EOF:
			p.problems.Wrong(use.Pos, m.name, "the macro's arguments do not end")
			return nil, t, false
		case t.Text == ")" && depth == 0:
			args = append(args, arg)
			if len(m.params) == 0 && len(args) == 1 && len(arg) == 0 {
				args = nil
			}
			if m.variadic && len(args) == len(m.params)-1 {
				args = append(args, nil)
			}
			if len(args) != len(m.params) {
				p.problems.Wrong(use.Pos, m.name, "the macro takes %s, and has %s", count(len(m.params), "argument"), strconv.Itoa(len(args)))
				return nil, t, false
			}
			return args, t, true
		case t.Text == "," && depth == 0 && !(m.variadic && len(args) == len(m.params)-1):
			args = append(args, arg)
			arg = nil
			continue
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		}
		arg = append(arg, t)
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// substitute is a macro's text with its arguments in place.
func (p *preprocessor) substitute(m *macro, args [][]Token, use Token) (out []Token) {
	arg := func(t Token) ([]Token, bool) {
		for i, name := range m.params {
			if t.Kind == Ident && t.Text == name {
				return args[i], true
			}
		}
		return nil, false
	}
	body := m.body
	for i := 0; i < len(body); i++ {
		t := body[i]
		a, is := arg(t)
		switch {
		case t.Text == "#" && m.function && i+1 < len(body):
			if a, is := arg(body[i+1]); is {
				i++
				out = append(out, Token{Kind: String, Text: strconv.Quote(textOf(a)), Space: t.Space})
				continue
			}
		case t.Text == "##" && len(out) > 0 && i+1 < len(body):
			i++
			next := []Token{body[i]}
			if a, is := arg(body[i]); is {
				next = a
			}
			out = p.paste(out, next, use)
			continue
		case is:
			if i+1 >= len(body) || body[i+1].Text != "##" {
				a = p.expanded(a)
			}
			a = append([]Token(nil), a...)
			if len(a) == 0 {
				a = []Token{{}} // so that ## has something on its left
			}
			a[0].Space = t.Space
			out = append(out, a...)
			continue
		}
		out = append(out, t)
	}
	return slices.DeleteFunc(out, func(t Token) bool { return t.Text == "" })
}

// paste joins the last token of left and the first of right to one.
func (p *preprocessor) paste(left, right []Token, use Token) []Token {
	if len(right) == 0 {
		return left
	}
	last := left[len(left)-1]
	if last.Text == "" && right[0].Text == "" {
		return left
	}
	joined := newScanner("", last.Text+right[0].Text, p.problems)
	t := joined.token()
	if !joined.ended() || t.Kind == EOF {
		p.problems.Wrong(use.Pos, last.Text+right[0].Text, "## makes no single word")
		return append(left, right...)
	}
	t.Space, t.first, t.hide = last.Space, false, last.hide.both(right[0].hide)
	return append(append(left[:len(left)-1:len(left)-1], t), right[1:]...)
}
