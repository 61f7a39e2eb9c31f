package gen

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi/zig"
)

var macroNames = regexp.MustCompile(`(?m)^#define ((?:host|task|thread)_[gs]et_\w+_port)\(`)

// The macros of special ports are those of Apple's headers, and expand there to the
// call and the number that ours makes.
func TestSpecialPortMacros(t *testing.T) {
	tc := zig.ForTest(t)
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	macros, err := portMacros()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]portMacro{}
	for _, m := range macros {
		if (m.kind == "get" || m.kind == "set") && g.consts[m.of] == nil {
			t.Fatalf("%s: there is no constant %s", m.macro, m.of)
		}
		byName[m.macro] = m
	}
	program := bytes.NewBufferString("#include <mach/kern_return.h>\n")
	declared := 0
	for _, owner := range []string{"host", "task", "thread"} {
		header := "mach/" + owner + "_special_ports.h"
		text, err := os.ReadFile(filepath.Join(tc.Headers, header))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(program, "#include <%s>\n", header)
		for _, name := range macroNames.FindAllSubmatch(text, -1) {
			declared++
			if _, ok := byName[string(name[1])]; !ok {
				t.Errorf("<%s> has %s, special_ports.txt has not", header, name[1])
			}
		}
	}
	if declared < len(macros) {
		t.Errorf("%d macros, of which the headers have %d", len(macros), declared)
	}
	for _, m := range macros {
		fmt.Fprintf(program, "macro %s = %s(OWNER, PORT)\n", m.macro, m.macro)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "macros.c"), program.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := tc.Run(t.Context(), dir, "cc", "-target", "aarch64-macos", "-E", "-P", "macros.c")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "macro "); ok {
			name, expansion, _ := strings.Cut(rest, " = ")
			got[name] = folded(strings.NewReplacer(" ", "", "(OWNER)", "OWNER", "(PORT)", "PORT").Replace(expansion))
		}
	}
	for _, m := range macros {
		if want := g.expansion(m, byName); got[m.macro] != want {
			t.Errorf("%s is %s in C, %s here", m.macro, got[m.macro], want)
		}
	}
}

var numbers = regexp.MustCompile(`\((-?\d+)(?:\+(\d+))?\)`)

// folded is C with its numbers and sums of two in brackets made plain numbers.
func folded(c string) string {
	return numbers.ReplaceAllStringFunc(c, func(s string) string {
		m := numbers.FindStringSubmatch(s)
		a, _ := strconv.Atoi(m[1])
		b, _ := strconv.Atoi(m[2])
		return strconv.Itoa(a + b)
	})
}

// expansion is what the preprocessor should make of the macro.
func (g *Gen) expansion(m portMacro, byName map[string]portMacro) string {
	owner := m.owner()
	switch m.kind {
	case "same":
		return g.expansion(byName[m.of], byName)
	case "refuse":
		return "4" // KERN_INVALID_ARGUMENT
	case "get":
		node := ""
		if owner == "host" {
			node = "-1," // HOST_LOCAL_NODE
		}
		return fmt.Sprintf("(%s_get_special_port(OWNER,%s%s,PORT))", owner, node, g.consts[m.of].Value[""])
	}
	return fmt.Sprintf("(%s_set_special_port(OWNER,%s,PORT))", owner, g.consts[m.of].Value[""])
}
