package cpp

import (
	"strings"

	"github.com/gomach/mach/internal/mig/source"
)

// scanner splits a file's text into tokens. Comments are blanks; a backslash at a
// line's end joins the next line to it.
type scanner struct {
	text         string
	at           int
	pos          source.Pos
	problems     *source.Problems
	space, first bool
	quiet        bool // the text does not count: quotes in it need not end
}

func newScanner(file, text string, problems *source.Problems) *scanner {
	return &scanner{text: text, pos: source.Pos{File: file, Line: 1, Column: 1}, problems: problems, first: true}
}

// peek is the next character, with continued lines joined; 0 at the end.
func (s *scanner) peek(ahead int) byte {
	at := s.at
	for {
		for n := continued(s.text[at:]); n > 0; n = continued(s.text[at:]) {
			at += n
		}
		if at >= len(s.text) {
			return 0
		}
		if ahead == 0 {
			return s.text[at]
		}
		at++
		ahead--
	}
}

// continued is the length of a line's end that a backslash hides.
func continued(text string) int {
	if len(text) < 2 || text[0] != '\\' {
		return 0
	}
	for _, end := range []string{"\\\n", "\\\r\n"} {
		if strings.HasPrefix(text, end) {
			return len(end)
		}
	}
	return 0
}

// next takes a character.
func (s *scanner) next() byte {
	for n := continued(s.text[s.at:]); n > 0; n = continued(s.text[s.at:]) {
		s.at += n
		s.pos.Line, s.pos.Column = s.pos.Line+1, 1
	}
	if s.at >= len(s.text) {
		return 0
	}
	c := s.text[s.at]
	s.at++
	s.pos.Column++
	if c == '\n' {
		s.pos.Line, s.pos.Column = s.pos.Line+1, 1
		s.first = true
	}
	return c
}

func (s *scanner) ended() bool {
	return s.at+joined(s.text[s.at:]) >= len(s.text)
}

// joined is the length of all hidden line ends at the beginning of text.
func joined(text string) (n int) {
	for c := continued(text); c > 0; c = continued(text[n:]) {
		n += c
	}
	return n
}

// skip passes blanks and comments.
func (s *scanner) skip() {
	for !s.ended() {
		switch c := s.peek(0); {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			s.next()
		case c == '/' && s.peek(1) == '/':
			for !s.ended() && s.peek(0) != '\n' {
				s.next()
			}
		case c == '/' && s.peek(1) == '*':
			s.comment()
		default:
			return
		}
		s.space = true
	}
}

func (s *scanner) comment() {
	begin := s.pos
	first := s.first
	s.next()
	s.next()
	for !s.ended() {
		if s.peek(0) == '*' && s.peek(1) == '/' {
			s.next()
			s.next()
			s.first = first // a directive may follow a comment on its line
			return
		}
		s.next()
	}
	s.problems.Wrong(begin, "/*", "the comment does not end")
}

func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// operators are those of more than one character.
var operators = []string{"##", "&&", "||", "==", "!=", "<=", ">=", "<<", ">>", "..."}

// token takes the next token. At the end it is of kind EOF.
func (s *scanner) token() Token {
	s.skip()
	t := Token{Pos: s.pos, Space: s.space, first: s.first}
	s.space, s.first = false, false
	if s.ended() {
		return t
	}
	switch c := s.peek(0); {
	case letter(c):
		t.Kind, t.Text = Ident, s.while(func(c byte) bool { return letter(c) || digit(c) })
	case digit(c):
		t.Kind, t.Text = Number, s.while(func(c byte) bool { return letter(c) || digit(c) || c == '.' })
	case c == '"':
		t.Kind, t.Text = String, s.quoted(c)
	case c == '\'':
		t.Kind, t.Text = Char, s.quoted(c)
	default:
		t.Kind, t.Text = Punct, s.operator()
	}
	return t
}

func (s *scanner) while(is func(byte) bool) string {
	var b strings.Builder
	for !s.ended() && is(s.peek(0)) {
		b.WriteByte(s.next())
	}
	return b.String()
}

func (s *scanner) quoted(quote byte) string {
	var b strings.Builder
	begin := s.pos
	b.WriteByte(s.next())
	for {
		c := s.peek(0)
		if s.ended() || c == '\n' {
			if !s.quiet {
				s.problems.Wrong(begin, b.String(), "the quotes do not end on their line")
			}
			b.WriteByte(quote)
			return b.String()
		}
		b.WriteByte(s.next())
		if c == '\\' && !s.ended() && s.peek(0) != '\n' {
			b.WriteByte(s.next())
		} else if c == quote {
			return b.String()
		}
	}
}

func (s *scanner) operator() string {
	if !strings.ContainsRune("#&|=!<>.", rune(s.peek(0))) {
		return string([]byte{s.next()})
	}
	for _, op := range operators {
		match := true
		for i := range len(op) {
			match = match && s.peek(i) == op[i]
		}
		if match {
			for range len(op) {
				s.next()
			}
			return op
		}
	}
	return string([]byte{s.next()})
}

// line takes the rest of the line, as tokens.
func (s *scanner) line() (out []Token) {
	for {
		before := *s
		t := s.token()
		if t.Kind == EOF || t.first {
			*s = before
			return out
		}
		out = append(out, t)
	}
}
