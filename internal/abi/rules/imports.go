package rules

import (
	"fmt"
	"strings"
)

// library are the packages that a program imports and that must bring nothing
// along but the standard library, with what else of this module they may use.
// The names are folders; "..." at the end stands for all below.
var library = map[string][]string{
	".":                  {"internal/libsystem"},
	"port":               {".", "internal/await", "internal/unusable"},
	"port/porttest":      {".", "port", "internal/leak"},
	"task":               {".", "port", "internal/await", "internal/cause", "internal/unusable"},
	"host":               {".", "port", "internal/perflevel", "internal/unusable"},
	"exc":                {".", "port", "task", "mig", "internal/await", "internal/unusable"},
	"mig":                {".", "port"},
	"core":               {".", "task"},
	"symbol":             {".", "task"},
	"internal/await":     {},
	"internal/cause":     {},
	"internal/leak":      {"."},
	"internal/unusable":  {},
	"internal/libsystem": {},
	"internal/perflevel": {},
}

// inner are the rooms behind the library, with what of this module they may
// use; other modules are free for them unless they stand in stdOnly too.
var inner = map[string][]string{
	"internal/abi":     {},
	"internal/abi/...": {"internal/abi", "internal/abi/...", "internal/gen"},
	"internal/gen":     {"internal/abi"},
	"internal/mig":     {"internal/mig/..."},
	"internal/mig/...": {"internal/mig", "internal/mig/..."},
}

// stdOnly are the rooms that use no other module, though they are no library.
var stdOnly = []string{"internal/abi", "internal/abi/...", "internal/gen", "internal/mig", "internal/mig/..."}

// CheckImports reports imports that DESIGN.md's table does not allow. Tests
// may import what they like.
func CheckImports(files []*File) (wrong []string) {
	for _, f := range files {
		if f.imports("C") {
			wrong = append(wrong, f.Path+": imports \"C\": this project does without cgo")
		}
		if f.Test() {
			continue
		}
		allowed, isLibrary := library[f.Dir()]
		if !isLibrary {
			var ok bool
			if allowed, ok = room(f.Dir()); !ok {
				continue
			}
		}
		for _, i := range f.Imports {
			switch own, ours := inModule(i); {
			case standard(i):
			case ours && matches(own, allowed):
			case ours:
				wrong = append(wrong, fmt.Sprintf("%s: imports %s, which is not for this folder", f.Path, i))
			case isLibrary || matches(f.Dir(), stdOnly):
				wrong = append(wrong, fmt.Sprintf("%s: imports %s: only the standard library is for this folder", f.Path, i))
			}
		}
	}
	return wrong
}

func room(dir string) ([]string, bool) {
	if allowed, ok := inner[dir]; ok {
		return allowed, true
	}
	for pattern, allowed := range inner {
		if strings.HasSuffix(pattern, "/...") && matches(dir, []string{pattern}) {
			return allowed, true
		}
	}
	return nil, false
}

// inModule turns an import path into a folder of this module.
func inModule(p string) (dir string, ok bool) {
	if p == Module {
		return ".", true
	}
	return strings.CutPrefix(p, Module+"/")
}

func matches(dir string, patterns []string) bool {
	for _, p := range patterns {
		if below, all := strings.CutSuffix(p, "/..."); dir == p || all && strings.HasPrefix(dir, below+"/") {
			return true
		}
	}
	return false
}
