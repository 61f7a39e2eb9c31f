package mig_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomach/mach/internal/mig"
	"github.com/gomach/mach/internal/mig/source"
	"github.com/gomach/mach/internal/mig/system"
)

// No text makes the compiler panic, hang, or answer without a place; what it accepts has
// messages that are laid out without gaps.
func FuzzFile(f *testing.F) {
	for _, name := range system.Subsystems {
		text, err := system.Read(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	wrong, _ := filepath.Glob("testdata/errors/*.defs")
	for _, name := range wrong {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := func(name string) ([]byte, error) {
			if name == "fuzz.defs" {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}
		s, _, err := mig.File("fuzz.defs", mig.Options{CPU: "arm64", Read: read})
		if err != nil {
			if p := (*source.Problem)(nil); !errors.As(err, &p) || p.Pos.File == "" {
				t.Errorf("no place is told: %v", err)
			}
			return
		}
		for name, r := range mig.LayoutOf(s).Layouts {
			for _, m := range []*mig.MessageLayout{r.Request, r.Reply} {
				if m == nil {
					continue
				}
				last := int64(-1)
				for _, field := range m.Fields {
					if field.Offset <= last || field.Offset >= m.Size {
						t.Errorf("%s: %s stands at %d of %d", name, field.Name, field.Offset, m.Size)
					}
					last = field.Offset
				}
			}
		}
	})
}

// Sixty files compile in less than 200 ms (19 here: the benchmark says how long one takes).
func BenchmarkSystem(b *testing.B) {
	for b.Loop() {
		for _, name := range system.Subsystems {
			systemFile(b, name, "arm64")
		}
	}
}
