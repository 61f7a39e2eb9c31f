// Package cpp is the C preprocessor as .defs files use it: it turns files into the
// tokens that the compiler reads, each with the place where it was written.
package cpp

import "github.com/gomach/mach/internal/mig/source"

// Kind is what a token is.
type Kind uint8

// The kinds of token.
const (
	EOF    Kind = iota
	Ident       // a name or keyword
	Number      // begins with a digit; not checked
	String      // in double quotes, which are part of it
	Char        // in single quotes, which are part of it
	Punct       // one character of punctuation, or ## or &&, || and other operators of #if
)

// Token is a word of the input.
type Token struct {
	Kind  Kind
	Text  string
	Pos   source.Pos // of the macro's use, if a macro made it
	Space bool       // blanks or a line's end stand before it
	first bool       // on its line
	hide  *hidden    // macros that it came out of
}

// hidden is a set of macros that are not expanded again in a token.
type hidden struct {
	name string
	next *hidden
}

func (h *hidden) has(name string) bool {
	for ; h != nil; h = h.next {
		if h.name == name {
			return true
		}
	}
	return false
}

func (h *hidden) and(name string) *hidden {
	if h.has(name) {
		return h
	}
	return &hidden{name, h}
}

// both are the macros in h and in o.
func (h *hidden) both(o *hidden) (out *hidden) {
	for ; h != nil; h = h.next {
		if o.has(h.name) {
			out = out.and(h.name)
		}
	}
	return out
}

// all are the macros in h or in o.
func (h *hidden) all(o *hidden) *hidden {
	if h == nil || h == o {
		return o
	}
	for ; o != nil; o = o.next {
		h = h.and(o.name)
	}
	return h
}
