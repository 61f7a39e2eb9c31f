package gen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi"
)

// What programs tell people of the API is what was measured, item by item.
func TestReferenceIsWhatWasMeasured(t *testing.T) {
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]Constant{}
	for _, k := range g.Constants() {
		constants[k.C] = k
	}
	records := map[string]Record{}
	for _, r := range g.Records() {
		records[r.C] = r
	}
	list, err := g.Functions()
	if err != nil {
		t.Fatal(err)
	}
	functions := map[string]Function{}
	for _, f := range list {
		functions[f.C] = f
	}
	for _, arch := range abi.Archs {
		f, err := abi.Load(arch)
		if err != nil {
			t.Fatal(err)
		}
		for c, k := range f.Constants {
			if abi.ErratumOf("constants", c, arch) != nil {
				continue // the table of errata has the right value
			}
			if got := constants[c].Values[arch]; got != literal(k) {
				t.Errorf("%s on %s is %q, want %q", c, arch, got, literal(k))
			}
		}
		for c, r := range f.Records {
			l := records[c].Layouts[arch]
			if l.Size != r.Size || l.Align != r.Align || fmt.Sprint(l.Fields) != fmt.Sprint(r.Fields) {
				t.Errorf("%s on %s: %+v, want %+v", c, arch, l, r)
			}
		}
		for c, p := range f.Functions {
			got, has := functions[c]
			if has != p.Exported {
				t.Errorf("%s is there: %v, want %v", c, has, p.Exported)
			}
			if !has {
				continue
			}
			if got.Doc == "" || !strings.Contains(got.Signature, got.Go+"(") || !strings.Contains(got.Prototype, c+"(") {
				t.Errorf("%+v lacks something", got)
			}
			for _, a := range p.Params {
				if !strings.Contains(got.Prototype, a.Name) {
					t.Errorf("the prototype %s lacks %s", got.Prototype, a.Name)
				}
			}
		}
	}
	if len(constants) < 1700 || len(records) < 170 || len(functions) < 370 {
		t.Errorf("%d constants, %d records, %d functions", len(constants), len(records), len(functions))
	}
}
