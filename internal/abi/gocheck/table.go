package gocheck

import (
	"fmt"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// Table is the coverage of one platform, for people to read.
func (r *Report) Table(facts *abi.Facts) string {
	var b strings.Builder
	exported := 0
	for _, f := range facts.Functions {
		if f.Exported {
			exported++
		}
	}
	fmt.Fprintf(&b, "%s\n  %-10s %6s %8s %9s %6s\n", r.Target, "kind", "facts", "checked", "excepted", "wrong")
	for _, k := range Kinds {
		t := r.Tallies[k]
		note := ""
		if k == "function" {
			note = fmt.Sprintf("  (libSystem exports %d)", exported)
		}
		fmt.Fprintf(&b, "  %-10s %6d %8d %9d %6d%s\n", k+"s", t.Total, t.Checked, t.Excepted, t.Wrong, note)
	}
	return b.String()
}
