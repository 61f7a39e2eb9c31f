package mig_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/mig"
	"github.com/gomach/mach/internal/mig/model"
	"github.com/gomach/mach/internal/mig/system"
)

// facts are the numbers and layouts that were measured in Apple's headers.
type facts struct {
	Subsystems map[string]map[string]int64
	Layouts    map[string]map[string]*struct {
		SDK    string
		Size   int64
		Fields [][3]any
	}
}

func measured(t *testing.T) facts {
	t.Helper()
	text, err := os.ReadFile("../abi/facts/mig.json")
	if err != nil {
		t.Fatal(err)
	}
	var f facts
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func systemFile(t testing.TB, name, cpu string) *model.Subsystem {
	t.Helper()
	s, warnings, err := mig.File(name, mig.Options{CPU: cpu, Read: system.Read})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, w := range warnings {
		t.Errorf("%s: %v", name, w)
	}
	return s
}

// Every message of the system's subsystems has the number, the size and the fields that
// Apple's headers give it (internal/abi/facts/mig.json), on both CPUs: what differs
// between them is C's alone.
func TestSystemLayouts(t *testing.T) {
	want := measured(t)
	for _, cpu := range []string{"arm64", "amd64"} {
		ids, messages := 0, 0
		for _, file := range system.Subsystems {
			s := systemFile(t, file, cpu)
			numbers := map[string]int64{}
			for _, r := range s.Routines {
				numbers[r.Name] = r.Number
				if layouts := want.Layouts[r.Name]; want.Subsystems[s.Name][r.Name] != 0 || s.Name == "netname" {
					for kind, m := range map[string]*model.Message{"request": r.Request, "reply": r.Reply} {
						// C declares a reply of a code alone for routines that have none.
						if w := layouts[kind]; w != nil && !(m == nil && r.Simple && len(w.Fields) == 3) {
							messages++
							sameMessage(t, s.Name+"."+r.Name+" "+kind, m, w.Size, w.Fields)
						} else if m != nil && kind == "request" {
							t.Errorf("%s.%s is not in the facts", s.Name, r.Name)
						}
					}
				}
			}
			for name, number := range want.Subsystems[s.Name] {
				ids++
				if have, ok := numbers[name]; !ok || have != number {
					t.Errorf("%s.%s has the number %d, want %d", s.Name, name, have, number)
				}
			}
		}
		all := 0
		for _, routines := range want.Subsystems {
			all += len(routines)
		}
		if ids != all || messages < 550 {
			t.Errorf("%s: %d of %d numbers and %d messages were compared", cpu, ids, all, messages)
		}
	}
}

func sameMessage(t *testing.T, name string, m *model.Message, size int64, fields [][3]any) {
	t.Helper()
	if m == nil {
		t.Errorf("%s: there is none", name)
		return
	}
	var have, want []string
	for _, f := range m.Fields {
		have = append(have, f.Name)
	}
	for _, f := range fields {
		want = append(want, f[0].(string))
	}
	if m.Size != size || !slices.Equal(have, want) {
		t.Errorf("%s: %d bytes %s; want %d, %s", name, m.Size, strings.Join(have, " "), size, strings.Join(want, " "))
		return
	}
	for i, f := range m.Fields {
		if offset := int64(fields[i][2].(float64)); f.Offset != offset {
			t.Errorf("%s: %s stands at %d, want %d", name, f.Name, f.Offset, offset)
		}
	}
}
