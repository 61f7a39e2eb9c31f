package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomach/mach/internal/abi/zig"
)

type migMessage struct {
	SDK    string `json:"sdk"`
	Size   int    `json:"size"`
	Fields []any  `json:"fields"`
}

type migText struct {
	Subsystems map[string]map[string]int        `json:"subsystems"`
	Layouts    map[string]map[string]migMessage `json:"layouts"`
}

// compareMIG reports where the committed facts and a tree differ, and counts
// what was compared.
func compareMIG(want, got *migText, tree string) (wrong []string, ids, messages int) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for name, g := range got.Subsystems {
		w := want.Subsystems[name]
		if !maps.Equal(w, g) {
			say("subsystem %s: %v in the facts, measured %v", name, w, g)
		}
		ids += len(g)
	}
	for routine, w := range want.Layouts {
		for kind, m := range w {
			if m.SDK != tree {
				continue
			}
			messages++
			g, ok := got.Layouts[routine][kind]
			if !ok {
				say("%s of %s: the tree lacks it", kind, routine)
			} else if m.Size != g.Size || fmt.Sprint(m.Fields) != fmt.Sprint(g.Fields) {
				say("%s of %s: %d bytes %v in the facts, measured %d bytes %v", kind, routine, m.Size, m.Fields, g.Size, g.Fields)
			}
		}
	}
	for routine, g := range got.Layouts {
		for kind := range g {
			if _, ok := want.Layouts[routine][kind]; !ok {
				say("%s of %s: the facts lack it", kind, routine)
			}
		}
	}
	return wrong, ids, messages
}

func readMIG(t *testing.T, b []byte) *migText {
	t.Helper()
	m := new(migText)
	if err := json.Unmarshal(b, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// The message facts (they are arm64's) are what the 26.4 headers say.
func TestMIGEqualsCommittedFacts(t *testing.T) {
	tc := zig.ForTest(t)
	file := filepath.Join("..", "facts", "mig.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := measureMIG(context.Background(), &clang{tc: tc, tree: tc.Headers, arch: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	got := readMIG(t, written)
	want := readMIG(t, text)
	wrong, ids, messages := compareMIG(want, got, zig.SDK)
	for _, w := range wrong {
		t.Error(w)
	}
	t.Logf("%d ids of %d subsystems and %d messages measured again", ids, len(got.Subsystems), messages)
	if ids < 200 || messages < 480 {
		t.Error("that is too few")
	}

	spoiled := readMIG(t, text)
	spoiled.Subsystems["task"]["task_info"]++
	r := spoiled.Layouts["task_info"]["request"]
	r.Fields[2], r.Fields[3] = r.Fields[3], r.Fields[2]
	r = spoiled.Layouts["task_threads"]["reply"]
	r.Size += 4
	spoiled.Layouts["task_threads"]["reply"] = r
	if wrong, _, _ := compareMIG(spoiled, got, zig.SDK); len(wrong) != 3 {
		t.Errorf("three mistakes, reported: %q", wrong)
	}
}
