//go:build linux && (amd64 || arm64)

package machkern

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomach/mach/internal/gen"
)

// pairCall is a call of TestPair that both halves make, of a task that stands still.
type pairCall struct {
	kind   string // as peer.c has it
	flavor string
	record string // in C
	moves  string // members that do not stand still; "*": all may move, but not far
}

var pairCalls = []pairCall{
	{"TASK_INFO", "TASK_BASIC_INFO_64", "task_basic_info_64", ""},
	{"TASK_INFO", "MACH_TASK_BASIC_INFO", "mach_task_basic_info", ""},
	{"TASK_INFO", "TASK_THREAD_TIMES_INFO", "task_thread_times_info", ""},
	{"TASK_INFO", "TASK_ABSOLUTETIME_INFO", "task_absolutetime_info", ""},
	{"TASK_INFO", "TASK_EVENTS_INFO", "task_events_info", "faults pageins cow_faults messages_sent messages_received syscalls_mach syscalls_unix csw"},
	{"TASK_INFO", "TASK_VM_INFO", "task_vm_info", ""},
	{"TASK_INFO", "TASK_DYLD_INFO", "task_dyld_info", ""},
	{"TASK_INFO", "TASK_KERNELMEMORY_INFO", "task_kernelmemory_info", ""},
	{"TASK_INFO", "TASK_FLAGS_INFO", "task_flags_info", ""},
	{"TASK_INFO", "TASK_EXTMOD_INFO", "task_extmod_info", ""},
	{"TASK_INFO", "TASK_POWER_INFO", "task_power_info", ""},
	{"THREAD_INFO", "THREAD_BASIC_INFO", "thread_basic_info", "cpu_usage"},
	{"THREAD_INFO", "THREAD_IDENTIFIER_INFO", "thread_identifier_info", ""},
	{"THREAD_INFO", "THREAD_EXTENDED_INFO", "thread_extended_info", "pth_cpu_usage"},
	{"HOST_INFO", "HOST_BASIC_INFO", "host_basic_info", ""},
	{"HOST_INFO", "HOST_SCHED_INFO", "host_sched_info", ""},
	{"HOST_INFO", "HOST_PRIORITY_INFO", "host_priority_info", ""},
	{"HOST_STATISTICS64", "HOST_VM_INFO64", "vm_statistics64", "*"},
	{"REGION", "VM_REGION_BASIC_INFO_64", "vm_region_basic_info_64", ""},
	{"REGION_RECURSE", "0", "vm_region_submap_info_64", "object_id"},
}

// calls writes the table of calls: to C a function that compares two structs, to Go the names of
// the members to compare.
func (p *pair) calls() {
	kinds := []string{"TASK_INFO", "THREAD_INFO", "HOST_INFO", "HOST_STATISTICS64", "REGION", "REGION_RECURSE", "PORT_ATTRIBUTES"}
	fmt.Fprintf(&p.c, "enum { %s };\n", strings.Join(kinds, ", "))
	fmt.Fprintf(&p.c, "static int near(uint64_t a, uint64_t b) { return (a > b ? a - b : b - a) <= (a + b) / 4 + 4096; }\n")
	fmt.Fprintf(&p.golang, "\nvar calls = []call{\n")
	var table strings.Builder
	for i, c := range pairCalls {
		r := p.facts.Records[c.record]
		if r == nil || p.goNames[c.record] == "" {
			p.t.Fatalf("%s is no record", c.record)
		}
		moves := strings.Fields(c.moves)
		fmt.Fprintf(&p.c, "static int same%d(const void *x, const void *y) {\n\tconst %s *a = x, *b = y;\n\tint bad = 0;\n", i, p.cType(c.record, r))
		var same []string
		for _, m := range p.list(r) {
			if m.bits > 0 || slices.Contains(moves, m.path) {
				continue
			}
			differ := "memcmp(&a->%[1]s, &b->%[1]s, sizeof a->%[1]s)"
			if c.moves == "*" {
				differ = "!near(a->%[1]s, b->%[1]s)"
			}
			fmt.Fprintf(&p.c, "\tif ("+differ+") { bad++; printf(\"C: %[2]s.%[1]s differs: %%#llx for Go, %%#llx for C\\n\", (long long)a->%[3]s, (long long)b->%[3]s); }\n",
				m.path, c.record, m.path+map[bool]string{true: "[0]"}[m.array])
			var names []string
			for name := range strings.SplitSeq(m.path, ".") {
				names = append(names, gen.FieldName(name))
			}
			same = append(same, fmt.Sprintf("%#v", names))
		}
		fmt.Fprintf(&p.c, "\treturn bad;\n}\n")
		fmt.Fprintf(&table, "\t{%s, %s, same%d},\n", c.kind, c.flavor, i)
		flavor := c.flavor
		if flavor != "0" {
			flavor = "int32(mach." + gen.ConstName(flavor) + ")"
		}
		fmt.Fprintf(&p.golang, "\t{name: %q, kind: %d, flavor: %s, make: func() any { return new(mach.%s) }, near: %v, same: [][]string{%s}},\n",
			c.record, slices.Index(kinds, c.kind), flavor, p.goNames[c.record], c.moves == "*", strings.Join(same, ", "))
	}
	fmt.Fprintf(&p.golang, "}\n")
	fmt.Fprintf(&p.c, "static const struct {\n\tint kind, flavor;\n\tint (*same)(const void *, const void *);\n} calls[] = {\n%s};\nenum { CALLS = sizeof calls / sizeof *calls };\n", table.String())
}
