// Package parse reads .defs files into statements.
package parse

import (
	"math"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/mig/ast"
	"github.com/gomach/mach/internal/mig/cpp"
	"github.com/gomach/mach/internal/mig/source"
)

// File parses the tokens of a file. It notes what is wrong and goes on behind the next
// semicolon, so that one run tells several errors.
func File(tokens []cpp.Token, problems *source.Problems) []ast.Statement {
	p := &parser{tokens: tokens, problems: problems}
	var out []ast.Statement
	for len(p.tokens) > 0 && !problems.Full() {
		if s := p.statement(); s != nil {
			out = append(out, s)
		}
	}
	return out
}

type parser struct {
	tokens   []cpp.Token
	last     source.Pos // of the token before
	problems *source.Problems
	broken   bool // the statement at hand is wrong: nothing more is said of it
	depth    int
}

// word is the next token's text in lower case, as keywords have no case; "" at the end.
func (p *parser) word() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return strings.ToLower(p.tokens[0].Text)
}

func (p *parser) pos() source.Pos {
	if len(p.tokens) == 0 {
		return p.last
	}
	return p.tokens[0].Pos
}

// wrong notes an error at the next token, the first in a statement only.
func (p *parser) wrong(format string, args ...any) {
	if p.broken {
		return
	}
	p.broken = true
	text := "the file's end"
	if len(p.tokens) > 0 {
		text = p.tokens[0].Text
	}
	p.problems.Wrong(p.pos(), text, format, args...)
}

func (p *parser) take() cpp.Token {
	if len(p.tokens) == 0 {
		return cpp.Token{Pos: p.last}
	}
	t := p.tokens[0]
	p.tokens, p.last = p.tokens[1:], t.Pos
	return t
}

// accept takes the next token if it is that keyword or punctuation.
func (p *parser) accept(text string) bool {
	if p.word() != text {
		return false
	}
	p.take()
	return true
}

// want takes what must come next.
func (p *parser) want(text, where string) {
	if !p.accept(text) {
		p.wrong("%q is wanted %s", text, where)
	}
}

// name takes a word that somebody chose.
func (p *parser) name(what string) ast.Name {
	if len(p.tokens) == 0 || p.tokens[0].Kind != cpp.Ident {
		p.wrong("the name of %s is wanted", what)
		return ast.Name{Pos: p.pos()}
	}
	t := p.take()
	return ast.Name{Text: t.Text, Pos: t.Pos}
}

// statement parses up to and with the semicolon. It is nil if the statement is empty or
// wrong.
func (p *parser) statement() ast.Statement {
	p.broken = false
	if p.accept(";") {
		return nil
	}
	s := p.body()
	if !p.broken && !p.accept(";") {
		p.wrong("a semicolon is wanted at the statement's end")
	}
	if p.broken {
		for len(p.tokens) > 0 && p.take().Text != ";" {
		}
		return nil
	}
	return s
}

func (p *parser) body() ast.Statement {
	at := p.pos()
	switch word := p.word(); word {
	case "subsystem":
		p.take()
		return p.subsystem(at)
	case "type":
		p.take()
		name := p.name("a type")
		p.want("=", "between a type's name and what it is")
		return &ast.Type{Pos: at, Name: name, Spec: p.translated()}
	case "routine", "procedure", "function":
		p.take()
		return p.routine(at, false)
	case "simpleroutine", "simpleprocedure":
		p.take()
		return p.routine(at, true)
	case "skip":
		p.take()
		return &ast.Skip{Pos: at}
	default:
		if kind, ok := imports[word]; ok {
			p.take()
			file := p.raw()
			if file.Text == "" {
				p.wrong("the file that is imported is wanted")
			}
			return &ast.Imported{Pos: at, Kind: kind, File: file}
		}
		if o, ok := options[word]; ok {
			p.take()
			return p.option(at, word, o)
		}
	}
	p.wrong("no statement begins so")
	return nil
}

var imports = map[string]ast.ImportKind{
	"import": ast.Import, "uimport": ast.UserImport, "simport": ast.ServerImport,
	"dimport": ast.DemuxImport, "iimport": ast.HeaderImport,
}

// optionForm is what stands behind an option's word.
type optionForm struct {
	kind ast.OptionKind
	form byte // 'n' name, 's' any text up to the semicolon, '0' number, '"' quoted text, 0 nothing
}

var options = map[string]optionForm{
	"msgoption":           {ast.MsgOption, 's'},
	"waittime":            {ast.WaitTime, 's'},
	"nowaittime":          {ast.NoWaitTime, 0},
	"sendtime":            {ast.SendTime, 's'},
	"nosendtime":          {ast.NoSendTime, 0},
	"usespecialreplyport": {ast.UseSpecialReplyPort, '0'},
	"consumeonsenderror":  {ast.ConsumeOnSendError, 's'},
	"usertypelimit":       {ast.UserTypeLimit, '0'},
	"onstacklimit":        {ast.OnStackLimit, '0'},
	"error":               {ast.ErrorProc, 'n'},
	"serverprefix":        {ast.ServerPrefix, 'n'},
	"userprefix":          {ast.UserPrefix, 'n'},
	"serverdemux":         {ast.ServerDemux, 'n'},
	"rcsid":               {ast.RCSID, '"'},
}

func (p *parser) option(at source.Pos, word string, o optionForm) ast.Statement {
	s := &ast.Option{Pos: at, Kind: o.kind}
	switch o.form {
	case 'n':
		s.Value = p.name("what " + word + " sets")
	case 's':
		if s.Value = p.raw(); s.Value.Text == "" {
			p.wrong("%s wants a value", word)
		}
	case '0':
		s.Value = ast.Name{Pos: p.pos(), Text: strconv.FormatInt(p.number(), 10)}
	case '"':
		if len(p.tokens) == 0 || p.tokens[0].Kind != cpp.String {
			p.wrong("%s wants a text in quotes", word)
			break
		}
		t := p.take()
		s.Value = ast.Name{Text: t.Text, Pos: t.Pos}
	}
	if o.kind == ast.ConsumeOnSendError && !p.broken {
		switch strings.ToLower(s.Value.Text) {
		case "none", "timeout", "any":
		default:
			p.problems.Wrong(s.Value.Pos, s.Value.Text, "%s wants None, Timeout or Any", word)
			p.broken = true
		}
	}
	return s
}

// raw is the text up to the semicolon.
func (p *parser) raw() ast.Name {
	n := ast.Name{Pos: p.pos()}
	var b strings.Builder
	for len(p.tokens) > 0 && p.tokens[0].Text != ";" {
		t := p.take()
		if t.Space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	n.Text = b.String()
	return n
}

func (p *parser) subsystem(at source.Pos) ast.Statement {
	s := &ast.Subsystem{Pos: at}
	for {
		switch p.word() {
		case "kerneluser":
			s.KernelUser = true
		case "kernelserver":
			s.KernelServer = true
		default:
			s.Name = p.name("the subsystem")
			s.Base = p.plain("the number of the first message")
			return s
		}
		p.take()
	}
}

// plain is a number that stands alone.
func (p *parser) plain(what string) int64 {
	if len(p.tokens) == 0 || p.tokens[0].Kind != cpp.Number {
		p.wrong("%s is wanted", what)
		return 0
	}
	text := p.tokens[0].Text
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v > math.MaxInt32 {
		p.wrong("%s is a decimal number up to %d", what, math.MaxInt32)
		return 0
	}
	p.take()
	return v
}

// maxDepth is how deep types and sums may be nested.
const maxDepth = 100

func (p *parser) deeper() bool {
	if p.depth++; p.depth > maxDepth {
		p.wrong("nested too deep")
		return false
	}
	return true
}

// number is a sum of numbers.
func (p *parser) number() int64 {
	v := p.product()
	for !p.broken {
		switch {
		case p.accept("+"):
			v = p.fits(v + p.product())
		case p.accept("-"):
			v = p.fits(v - p.product())
		default:
			return v
		}
	}
	return 0
}

func (p *parser) product() int64 {
	v := p.factor()
	for !p.broken {
		switch {
		case p.accept("*"):
			v = p.fits(v * p.factor())
		case p.accept("/"):
			d := p.factor()
			if d == 0 {
				p.wrong("a division by zero stands before this")
				return 0
			}
			v /= d
		default:
			return v
		}
	}
	return 0
}

func (p *parser) factor() int64 {
	if p.accept("(") {
		defer func() { p.depth-- }()
		if !p.deeper() {
			return 0
		}
		v := p.number()
		p.want(")", "after a number in brackets")
		return v
	}
	return p.plain("a number")
}

// fits keeps numbers as small as C's.
func (p *parser) fits(v int64) int64 {
	if v < math.MinInt32 || v > math.MaxInt32 {
		p.wrong("the number %d before this is too large", v)
		return 0
	}
	return v
}
