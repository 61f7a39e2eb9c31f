// Package symbols knows what libSystem exports, and holds the imports of the
// generated code against it. A missing symbol links without a word on any
// machine and kills the program when it is launched, so this is the one place
// where such a mistake can be seen without a Mac.
package symbols

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// Exports is the set of exported symbols of one library and all that it
// re-exports, for one CPU family. Names are C names, without the linker's
// leading underscore.
type Exports map[string]bool

// ReadFile reads a text stub (version 4 of the format) from a file.
func ReadFile(path, library, arch string) (Exports, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	e, err := Read(f, library, arch)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

// Read reads a text stub. Arch is a GOARCH.
func Read(r io.Reader, library, arch string) (Exports, error) {
	docs, err := parse(r)
	if err != nil {
		return nil, err
	}
	exports := Exports{}
	seen := map[string]bool{}
	var add func(name string) error
	add = func(name string) error {
		if seen[name] {
			return nil
		}
		seen[name] = true
		doc := docs[name]
		if doc == nil {
			return fmt.Errorf("no stub of %s", name)
		}
		for _, l := range doc.lists {
			if !covers(l.targets, arch) {
				continue
			}
			for _, item := range l.items {
				if l.key == "libraries" {
					if err := add(item); err != nil {
						return err
					}
				} else if c, ok := strings.CutPrefix(item, "_"); ok {
					exports[c] = true
				}
			}
		}
		return nil
	}
	if err := add(library); err != nil {
		return nil, err
	}
	return exports, nil
}

// covers reports whether a macOS target of the CPU family is in the list. The
// system's own stubs name arm64e, the family's variant that its libraries are
// built for; arm64 programs link against it.
func covers(targets []string, arch string) bool {
	for _, t := range targets {
		switch {
		case arch == "arm64" && (t == "arm64-macos" || t == "arm64e-macos"):
			return true
		case arch == "amd64" && t == "x86_64-macos":
			return true
		}
	}
	return false
}

// document is one library's stub.
type document struct{ lists []list }

// list is a list of symbols or of re-exported libraries.
type list struct {
	key     string
	targets []string
	items   []string
}

// symbolKeys are the lists that count. Objective-C classes and "$ld$"
// directives for the linker are no symbols that a C caller can name.
var symbolKeys = map[string]bool{
	"symbols": true, "weak-symbols": true, "thread-local-symbols": true, "libraries": true,
}

// parse reads the subset of YAML that text stubs are written in.
func parse(r io.Reader) (map[string]*document, error) {
	docs := map[string]*document{}
	var doc *document
	var section string
	var targets []string
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		if strings.HasPrefix(line, "---") {
			doc, section = &document{}, ""
			continue
		}
		top := line != "" && line[0] != ' '
		key, value, ok := strings.Cut(strings.TrimLeft(line, " -"), ":")
		if !ok || line == "..." {
			continue
		}
		value = strings.TrimSpace(value)
		if strings.HasPrefix(value, "[") {
			for !strings.HasSuffix(value, "]") {
				if !in.Scan() {
					return nil, fmt.Errorf("line %d: a list without end", n)
				}
				n++
				value += " " + strings.TrimSpace(in.Text())
			}
		}
		switch {
		case doc == nil:
			return nil, fmt.Errorf("line %d: no document has begun", n)
		case top:
			section = key
			if key == "install-name" {
				docs[unquote(value)] = doc
			}
		case key == "targets":
			targets = items(value)
		case symbolKeys[key] && (section == "exports" || section == "reexports" || section == "reexported-libraries"):
			doc.lists = append(doc.lists, list{key, targets, items(value)})
		}
	}
	return docs, in.Err()
}

func items(value string) []string {
	value = strings.TrimSuffix(strings.TrimPrefix(value, "["), "]")
	var out []string
	for _, s := range strings.Split(value, ",") {
		if s = unquote(strings.TrimSpace(s)); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func unquote(s string) string { return strings.Trim(s, `'"`) }
