package cpp

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/gomach/mach/internal/mig/source"
)

// Options are what a C compiler is given by -D and -I, and where files come from.
type Options struct {
	Defines []string                          // NAME or NAME=TEXT
	Include []string                          // folders for #include <...>, in order
	Read    func(name string) ([]byte, error) // reads a file, by path
	System  func(name string) ([]byte, error) // reads <name> if no folder has it, or nil
}

const (
	maxDepth  = 64      // of included files
	maxTokens = 1 << 18 // of a whole run, as macros can grow without end
)

// preprocessor reads files. Its output grows as tokens come out of macros and files.
type preprocessor struct {
	Options
	problems *source.Problems
	macros   map[string]*macro
	files    []*file
	out      []Token
	made     int // tokens that came out of macros and files
}

// file is one that is being read.
type file struct {
	*scanner
	name   string
	system bool // found by Options.System
	ifs    []condition
}

// condition is an open #if.
type condition struct {
	pos              source.Pos
	live, done, last bool // tokens count; one branch did; #else has been
}

// Process gives the tokens of a file and of what it includes. The file's problems are
// noted in problems; what comes out is as good as it gets.
func Process(name string, o Options, problems *source.Problems) []Token {
	p := &preprocessor{Options: o, problems: problems, macros: map[string]*macro{}}
	for _, d := range o.Defines {
		p.defineOption(d)
	}
	text, err := p.Read(name)
	if err != nil {
		problems.Wrong(source.Pos{File: name}, "", "cannot be read: %v", cause(err))
		return nil
	}
	p.open(&file{scanner: newScanner(name, string(text), problems), name: name})
	return p.out
}

// cause is an error without the path that is told beside it.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// open reads a whole file.
func (p *preprocessor) open(f *file) {
	p.files = append(p.files, f)
	for !p.problems.Full() && p.made < maxTokens {
		f.quiet = !f.live()
		t := f.token()
		if t.Kind == EOF {
			break
		}
		if t.Text == "#" && t.first {
			p.directive(f, t)
			continue
		}
		if !f.live() {
			f.line()
			continue
		}
		if t.Kind != Ident || p.macros[t.Text] == nil {
			p.out = append(p.out, t)
			continue
		}
		p.expand(&stream{tokens: []Token{t}, more: f.textToken})
	}
	for _, c := range f.ifs {
		p.problems.Wrong(c.pos, "", "the #if does not end in this file")
	}
	p.files = p.files[:len(p.files)-1]
}

// textToken is the next token of the file's text, or EOF before a directive: a
// macro's arguments do not reach over one.
func (f *file) textToken() Token {
	before := *f.scanner
	t := f.token()
	if t.Text == "#" && t.first {
		*f.scanner = before
		return Token{}
	}
	return t
}

// live tells whether the text counts where the file stands.
func (f *file) live() bool {
	return len(f.ifs) == 0 || f.ifs[len(f.ifs)-1].live
}

// directive obeys a line that begins with #.
func (p *preprocessor) directive(f *file, hash Token) {
	line := f.line()
	if len(line) == 0 {
		return // # alone is nothing
	}
	word, rest := line[0], line[1:]
	switch word.Text {
	case "if", "ifdef", "ifndef":
		p.begin(f, word, rest)
		return
	case "elif", "else", "endif":
		p.branch(f, word, rest)
		return
	}
	if !f.live() {
		return
	}
	switch word.Text {
	case "include", "import":
		p.include(f, word, rest)
	case "define":
		p.define(word, rest)
	case "undef":
		if len(rest) != 1 || rest[0].Kind != Ident {
			p.problems.Wrong(word.Pos, textOf(rest), "#undef wants one name")
			return
		}
		delete(p.macros, rest[0].Text)
	case "error":
		p.problems.Wrong(hash.Pos, textOf(rest), "#error")
	case "warning":
		p.problems.Odd(hash.Pos, textOf(rest), "#warning")
	case "pragma", "ident", "line":
	default:
		if word.Kind != Number { // a line marker of another preprocessor
			p.problems.Wrong(word.Pos, word.Text, "no such directive")
		}
	}
}

// begin opens a conditional part.
func (p *preprocessor) begin(f *file, word Token, rest []Token) {
	c := condition{pos: word.Pos}
	switch {
	case !f.live():
		c.done = true // none of its branches counts
	case word.Text == "if":
		c.live = p.holds(word, rest)
	case len(rest) == 0 || rest[0].Kind != Ident:
		p.problems.Wrong(word.Pos, textOf(rest), "#%s wants a name", word.Text)
	default:
		_, defined := p.macros[rest[0].Text]
		c.live = defined == (word.Text == "ifdef")
	}
	c.done = c.done || c.live
	f.ifs = append(f.ifs, c)
}

// branch goes on to another part of the innermost #if, or ends it.
func (p *preprocessor) branch(f *file, word Token, rest []Token) {
	if len(f.ifs) == 0 {
		p.problems.Wrong(word.Pos, word.Text, "there is no #if before it")
		return
	}
	c := &f.ifs[len(f.ifs)-1]
	switch {
	case word.Text == "endif":
		f.ifs = f.ifs[:len(f.ifs)-1]
		return
	case c.last:
		p.problems.Wrong(word.Pos, word.Text, "the #else has been")
	case word.Text == "else":
		c.live, c.last = !c.done, true
	default:
		c.live = !c.done && p.holds(word, rest)
	}
	c.done = c.done || c.live
}

// include reads another file.
func (p *preprocessor) include(f *file, word Token, rest []Token) {
	if len(rest) > 0 && rest[0].Kind == Ident {
		rest = p.expanded(rest)
	}
	name, angle, ok := includeName(rest)
	if !ok {
		p.problems.Wrong(word.Pos, textOf(rest), "#%s wants \"FILE\" or <FILE>", word.Text)
		return
	}
	if len(p.files) >= maxDepth {
		p.problems.Wrong(word.Pos, name, "files include each other without end")
		return
	}
	found := p.find(f, name, angle)
	if found == nil {
		p.problems.Wrong(rest[0].Pos, name, "there is no such file: see -I")
		return
	}
	p.open(found)
}

// includeName is the file that a directive names.
func includeName(rest []Token) (name string, angle, ok bool) {
	switch {
	case len(rest) == 1 && rest[0].Kind == String && len(rest[0].Text) > 2:
		return rest[0].Text[1 : len(rest[0].Text)-1], false, true
	case len(rest) > 2 && rest[0].Text == "<" && rest[len(rest)-1].Text == ">":
		return textOf(rest[1 : len(rest)-1]), true, true
	}
	return "", false, false
}

// find looks beside the file, in the folders, and among the system's.
func (p *preprocessor) find(from *file, name string, angle bool) *file {
	read := func(path string, system bool, read func(string) ([]byte, error)) *file {
		if text, err := read(path); err == nil {
			return &file{scanner: newScanner(path, string(text), p.problems), name: path, system: system}
		}
		return nil
	}
	if !angle {
		if from.system {
			if f := read(path.Join(path.Dir(from.name), name), true, p.System); f != nil {
				return f
			}
		} else if f := read(filepath.Join(filepath.Dir(from.name), name), false, p.Read); f != nil {
			return f
		}
	}
	for _, dir := range p.Include {
		if f := read(filepath.Join(dir, name), false, p.Read); f != nil {
			return f
		}
	}
	if p.System != nil {
		return read(name, true, p.System)
	}
	return nil
}

// textOf writes tokens as they stood.
func textOf(tokens []Token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 && t.Space {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}
