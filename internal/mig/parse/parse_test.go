package parse_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/mig/cpp"
	"github.com/gomach/mach/internal/mig/model"
	"github.com/gomach/mach/internal/mig/parse"
	"github.com/gomach/mach/internal/mig/source"
	"github.com/gomach/mach/internal/mig/system"
)

var expected = regexp.MustCompile(`###\s*(.*?)\s*(?:\*/.*)?$`)

// Each file of testdata has, behind ### on the line where it is wrong, the message that
// is wanted there: one file for each phase of the compiler.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("../testdata/errors/*.defs")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := map[int][]string{}
		all := 0
		for i, line := range strings.Split(string(text), "\n") {
			if m := expected.FindStringSubmatch(line); m != nil {
				want[i+1] = strings.Split(m[1], " ### ")
				all += len(want[i+1])
			}
		}
		var problems source.Problems
		compile(file, &problems)
		got := 0
		for _, p := range problems.List {
			got++
			told := p.Message
			if p.Warning {
				told = "warning: " + told
			}
			if filepath.Base(p.Pos.File) != filepath.Base(file) || p.Pos.Column == 0 || !slices.ContainsFunc(want[p.Pos.Line], func(w string) bool { return strings.Contains(told, w) }) {
				t.Errorf("unexpected: %v", p)
			}
		}
		if got != all {
			t.Errorf("%s: %d messages, want %d", file, got, all)
		}
		if all < 8 {
			t.Errorf("%s tries only %d errors", file, all)
		}
	}
}

func compile(file string, problems *source.Problems) *model.Subsystem {
	tokens := cpp.Process(file, cpp.Options{Read: os.ReadFile, System: system.Read}, problems)
	return model.Check(parse.File(tokens, problems), problems)
}
