package abi

import "testing"

// undeclared is how many functions facts/undeclared.json adds.
const undeclared = 4

// The counts that the facts were delivered with: losing an item is a defect.
func TestFactsAreComplete(t *testing.T) {
	want := map[string][5]int{
		"arm64": {1745, 594, 171, 401 + undeclared, 14},
		"amd64": {1814, 591, 180, 401 + undeclared, 14},
	}
	for _, arch := range Archs {
		f, err := Load(arch)
		if err != nil {
			t.Fatal(err)
		}
		got := [5]int{len(f.Constants), len(f.Types), len(f.Records), len(f.Functions), len(f.Variables)}
		if got != want[arch] {
			t.Errorf("%s: constants, types, records, functions, variables = %v, want %v", arch, got, want[arch])
		}
		exported := 0
		for _, fn := range f.Functions {
			if fn.Exported {
				exported++
			}
		}
		if exported != 376+undeclared {
			t.Errorf("%s: %d exported functions, want %d", arch, exported, 376+undeclared)
		}
		n := 0
		for _, fn := range f.Functions {
			if fn.Undeclared() {
				n++
			}
		}
		if n != undeclared {
			t.Errorf("%s: %d functions without a header, want %d", arch, n, undeclared)
		}
	}
	if _, err := Load("mips"); err == nil {
		t.Error("facts for mips")
	}
}

func TestMIGLayouts(t *testing.T) {
	m, err := LoadMIG()
	if err != nil {
		t.Fatal(err)
	}
	if id := m.Subsystems["task"]["task_info"]; id != 3405 {
		t.Errorf("task_info has id %d, want 3405", id)
	}
	f := m.Layouts["task_info"].Request.Fields[2]
	if f != (MessageField{"flavor", "task_flavor_t", 32}) {
		t.Errorf("task_info request field 2 is %v", f)
	}
}
