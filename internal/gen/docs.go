package gen

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed doc/*.txt
var docFS embed.FS

// doc is the hand-written text of a function and its call class.
type doc struct {
	Text  string
	Class class
	File  string
}

// loadDocs reads doc/*.txt: records of "symbol class" followed by indented text.
func loadDocs() (map[string]doc, error) {
	docs := map[string]doc{}
	files, err := docFS.ReadDir("doc")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		b, err := docFS.ReadFile("doc/" + f.Name())
		if err != nil {
			return nil, err
		}
		name := ""
		for i, line := range strings.Split(string(b), "\n") {
			switch {
			case strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, "\t"):
				d := docs[name]
				d.Text += line[1:] + "\n"
				docs[name] = d
			case strings.TrimSpace(line) == "":
				if d, ok := docs[name]; ok {
					d.Text += "\n"
					docs[name] = d
				}
			default:
				w := strings.Fields(line)
				if len(w) != 2 || !class(w[1]).valid() {
					return nil, fmt.Errorf("gen: doc/%s:%d: want \"symbol short|task|host|port|block\", have %q", f.Name(), i+1, line)
				}
				if _, dup := docs[w[0]]; dup {
					return nil, fmt.Errorf("gen: doc/%s:%d: %s stands twice", f.Name(), i+1, w[0])
				}
				name = w[0]
				docs[name] = doc{Class: class(w[1]), File: f.Name()}
			}
		}
	}
	return docs, nil
}

var refRE = re(`\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// link turns {c_name} into a Go doc link.
func (g *Gen) link(text, where string) (string, error) {
	var bad error
	text = refRE().ReplaceAllStringFunc(text, func(m string) string {
		n, ok := g.goName(m[1 : len(m)-1])
		if !ok && g.Draft {
			return m[1 : len(m)-1]
		}
		if !ok && bad == nil {
			bad = fmt.Errorf("gen: doc of %s: unknown name %s", where, m)
		}
		return n
	})
	return text, bad
}

// goName finds the Go name of any C item, as a doc link where it has one.
func (g *Gen) goName(c string) (string, bool) {
	switch {
	case g.funcs[c] != nil:
		if !g.funcs[c].Exported {
			return c, true
		}
		return "[" + FuncName(c) + "]", true
	case g.vars[c] != nil:
		return "[" + VarName(c) + "]", true
	case g.consts[c] != nil:
		return "[" + g.consts[c].GoName + "]", true
	case g.typeNames[c] != "":
		return "[" + g.typeNames[c] + "]", true
	case g.types[c] != nil:
		return c, true
	case g.records[c] != nil:
		return "[" + g.records[c].GoName + "]", true
	}
	n, ok := handWritten[c]
	return n, ok
}

// handWritten are C macros and calls that package mach has by hand.
var handWritten = map[string]string{
	"mach_task_self": "[MachTaskSelf]",
	"current_task":   "[MachTaskSelf]",
	"mach_msg2":      "mach_msg2",
}
