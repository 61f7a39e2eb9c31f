package symbols

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// LibSystem is the install name of the one library that everything is in.
const LibSystem = "/usr/lib/libSystem.B.dylib"

// Import is one //go:cgo_import_dynamic line.
type Import struct {
	Where   string // file:line
	Symbol  string // the C name
	Library string
}

// Imports collects the dynamic imports of all Go files under the folders.
func Imports(dirs ...string) ([]Import, error) {
	var out []Import
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			found, err := importsOf(file)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

func importsOf(file string) ([]Import, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []Import
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		rest, ok := strings.CutPrefix(in.Text(), "//go:cgo_import_dynamic ")
		if !ok {
			continue
		}
		where := fmt.Sprintf("%s:%d", file, n)
		words := strings.Fields(rest)
		// The form with "_ _ library" names a library and no symbol.
		if len(words) == 3 && words[0] == "_" && words[1] == "_" {
			continue
		}
		if len(words) != 3 {
			return nil, fmt.Errorf("%s: want a local name, a symbol and a library", where)
		}
		symbol, _, _ := strings.Cut(words[1], "#")
		out = append(out, Import{where, symbol, strings.Trim(words[2], `"`)})
	}
	return out, in.Err()
}

// CheckImports reports each import that the launch would fail on.
func CheckImports(imports []Import, exports Exports) []string {
	var wrong []string
	for _, i := range imports {
		switch {
		case i.Library != LibSystem:
			wrong = append(wrong, fmt.Sprintf("%s: %s is imported from %s, not from libSystem", i.Where, i.Symbol, i.Library))
		case !exports[i.Symbol]:
			wrong = append(wrong, fmt.Sprintf("%s: libSystem does not export %s", i.Where, i.Symbol))
		}
	}
	return wrong
}

// CheckAge reports each import of a function or variable that the oldest
// supported system lacks: those must be looked up at run time.
func CheckAge(imports []Import, facts *abi.Facts) []string {
	var wrong []string
	for _, i := range imports {
		var o *abi.Origin
		if f := facts.Functions[i.Symbol]; f != nil {
			o = &f.Origin
		} else if v := facts.Variables[i.Symbol]; v != nil {
			o = &v.Origin
		}
		if o != nil && !o.SeenIn(abi.Oldest) {
			wrong = append(wrong, fmt.Sprintf("%s: %s is new in %s: a hard import keeps the program from launching on %s",
				i.Where, i.Symbol, o.FirstSeen(), abi.Oldest))
		}
	}
	return wrong
}

// CheckFacts reports where the facts' exported flags and the stub disagree.
func CheckFacts(facts *abi.Facts, exports Exports) []string {
	var wrong []string
	say := func(name string, flag bool) {
		if flag != exports[name] {
			wrong = append(wrong, fmt.Sprintf("%s: facts say exported=%t, the stub says %t", name, flag, exports[name]))
		}
	}
	for name, f := range facts.Functions {
		say(name, f.Exported)
	}
	for name, v := range facts.Variables {
		say(name, v.Exported)
	}
	sort.Strings(wrong)
	return wrong
}

// Late collects the C names that the generated code looks up at run time.
func Late(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range lateName.FindAllStringSubmatch(string(text), -1) {
		names = append(names, m[1])
	}
	return names, nil
}

var lateName = regexp.MustCompile(`Late\{name: "(\w+)\\x00"`)

// CheckComplete reports exported functions that are neither imported nor
// looked up, or both; and those looked up that need not be. Skip names those
// that the package writes on other calls.
func CheckComplete(facts *abi.Facts, imports []Import, late []string, skip map[string]bool) []string {
	hard, soft := map[string]bool{}, map[string]bool{}
	for _, i := range imports {
		hard[i.Symbol] = true
	}
	for _, name := range late {
		soft[name] = true
	}
	var wrong []string
	for name, f := range facts.Functions {
		old := f.SeenIn(abi.Oldest)
		switch {
		case !f.Exported && (hard[name] || soft[name]):
			wrong = append(wrong, name+": libSystem does not export it")
		case !f.Exported || skip[name]:
		case hard[name] && soft[name]:
			wrong = append(wrong, name+": imported and looked up")
		case old && !hard[name]:
			wrong = append(wrong, name+": not imported, though "+abi.Oldest+" has it")
		case !old && !soft[name]:
			wrong = append(wrong, name+": not looked up, though "+abi.Oldest+" lacks it")
		}
	}
	for _, name := range late {
		if facts.Functions[name] == nil {
			wrong = append(wrong, name+": looked up, but no function of the facts")
		}
	}
	sort.Strings(wrong)
	return wrong
}
