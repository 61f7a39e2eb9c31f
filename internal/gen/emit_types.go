package gen

import (
	"fmt"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// distinct are the typedefs that become Go types of their own, because their
// values have a meaning that the compiler should keep apart. All other scalar
// typedefs are quantities — addresses, sizes, counts — and become aliases of
// Go's built-in types, so that arithmetic needs no conversions. Ports all
// alias MachPort, as C mixes them freely.
var distinct = map[string]bool{}

func init() {
	for _, t := range strings.Fields(`
		alarm_type_t boolean_t bootstrap_status_t clock_flavor_t clock_id_t
		cpu_subtype_t cpu_type_t cpu_threadtype_t exception_behavior_t exception_mask_t
		exception_type_t host_flavor_t ipc_info_object_type_t kern_return_t
		mach_msg_copy_options_t mach_msg_descriptor_type_t
		mach_msg_guard_flags_t mach_msg_option_t mach_msg_type_name_t
		mach_port_flavor_t mach_port_t mach_port_right_t mach_port_type_t mach_task_flavor_t
		mach_thread_flavor_t mach_voucher_attr_key_t mach_voucher_selector_t
		policy_t processor_flavor_t processor_set_flavor_t sync_policy_t
		task_flavor_t task_policy_flavor_t task_role_t task_special_port_t
		thread_flavor_t thread_policy_flavor_t thread_state_flavor_t
		vm_behavior_t vm_inherit_t vm_machine_attribute_t
		vm_machine_attribute_val_t vm_page_info_flavor_t vm_prot_t vm_purgable_t
		vm_region_flavor_t vm_sync_t`) {
		distinct[t] = true
	}
}

// aliasOf overrides the target of an alias, where C goes through natural_t but
// means a type that has a Go name.
var aliasOf = map[string]string{
	"mach_port_name_t":   "MachPort",
	"mach_msg_options_t": "MachMsgOption",
	"mach_msg_return_t":  "KernReturn",
	"mach_error_t":       "KernReturn",
	"sleep_type_t":       "AlarmType", // TIME_ABSOLUTE, TIME_RELATIVE
}

// emitTypes writes the scalar and array typedefs.
func (g *Gen) emitTypes() ([]block, error) {
	var out []block
	for _, c := range sorted(g.typeNames) {
		t := g.types[c]
		name := g.typeNames[c]
		doc := fmt.Sprintf("// %s is C's %s of <%s>.%s\n", name, c, header1(t.Header), g.history(&t.Origin, typeChange(t)))
		b := block{Key: "type " + name, File: "ztypes.go"}
		if r := g.recordOf(t.Canonical); r != nil {
			if name == r.GoName {
				continue
			}
			b.Text = fmt.Sprintf("%stype %s = %s\n", doc, name, r.GoName)
			out = append(out, b)
			continue
		}
		if t.Size == nil {
			continue // incomplete: vm_page_info_data_t
		}
		u, err := g.underlying(c)
		if err != nil {
			return nil, err
		}
		switch {
		case distinct[c] && c == "boolean_t":
			for _, a := range []string{"amd64", "arm64"} {
				u, _ := g.arch[a].Types[c], 0
				expr := builtins[u.Canonical].Expr
				file := map[string]string{"amd64": "ztypes_amd64.go", "arm64": "ztypes_noamd64.go"}[a]
				out = append(out, block{Key: b.Key, File: file, Text: fmt.Sprintf("%stype %s %s\n", doc, name, expr)})
			}
			continue
		case distinct[c]:
			b.Text = fmt.Sprintf("%stype %s %s\n", doc, name, u.Expr)
		default:
			b.Text = fmt.Sprintf("%stype %s = %s\n", doc, name, g.aliasTarget(c, u))
		}
		out = append(out, b)
	}
	return out, nil
}

// header1 hides that a header differs in its folder between the CPU families.
func header1(h string) string {
	h = strings.Replace(h, "mach/arm64/", "mach/machine/", 1)
	h = strings.Replace(h, "mach/arm/", "mach/machine/", 1)
	return strings.Replace(h, "mach/i386/", "mach/machine/", 1)
}

// aliasTarget follows the chain of typedefs to the next one that has a name.
func (g *Gen) aliasTarget(c string, u goType) string {
	if a, ok := aliasOf[c]; ok {
		return a
	}
	next := g.types[c].Type
	for {
		if a, ok := aliasOf[next]; ok {
			return a
		}
		t := g.types[next]
		if t == nil || next == c {
			return u.Expr
		}
		if distinct[next] {
			return g.typeNames[next]
		}
		if t.Type == next {
			return u.Expr
		}
		next = t.Type
	}
}

// emitRecords writes the structs and unions.
func (g *Gen) emitRecords() []block {
	var out []block
	for _, tag := range sorted(g.records) {
		r := g.records[tag]
		file := "zrecords.go"
		if r.Arch != "" {
			file = "zrecords_noamd64.go"
		}
		out = append(out, block{Key: "record " + r.GoName, File: file, Text: g.recordText(r)})
		if r.Arch != "" { // the same struct as amd64 has it
			o := &record{Record: g.arch["amd64"].Records[tag], Tag: tag, GoName: r.GoName, Packed: r.Packed}
			if _, err := g.layout(o); err != nil {
				panic(err) // the arm64 form was laid out before: same member types
			}
			out = append(out, block{Key: "record " + r.GoName, File: "zrecords_amd64.go", Text: g.recordText(o)})
		}
	}
	return out
}

func (g *Gen) recordText(r *record) string {
	var b strings.Builder
	if r.inner {
		fmt.Fprintf(&b, "// %s is an anonymous C union: its accessors view the same bytes as each member.\n", r.GoName)
	} else {
		header := ""
		if r.Header != "" {
			header = " of <" + header1(r.Header) + ">"
		} else if h := g.recordHeader(r.Tag); h != "" {
			header = " of <" + header1(h) + ">"
		}
		kind := r.Kind + " "
		if strings.HasSuffix(r.Tag, "_t") {
			kind = ""
		}
		fmt.Fprintf(&b, "// %s is C's %s%s%s: %d bytes.%s\n", r.GoName, kind, r.Tag, header, r.Size, g.history(&r.Origin, recordChange(r.Record)))
	}
	if r.Kind == "union" {
		g.unionText(&b, r)
		return b.String()
	}
	fmt.Fprintf(&b, "type %s struct {\n\t_ structs.HostLayout\n", r.GoName)
	for _, m := range r.Members {
		switch {
		case m.GoName == "":
			fmt.Fprintf(&b, "\t%s\n", m.Type)
		default:
			fmt.Fprintf(&b, "\t%s %s\n", m.GoName, m.Type)
		}
	}
	b.WriteString("}\n")
	for _, f := range r.Bits {
		mask := uint64(1)<<(f.Last-f.First+1) - 1
		fmt.Fprintf(&b, "\n// %s is the bit-field %s.\nfunc (r *%s) %s() uint%d { return r.%s >> %d & %#x }\n", f.GoName, f.C, r.GoName, f.GoName, f.Width, f.Storage, f.First, mask)
		fmt.Fprintf(&b, "\n// Set%s sets the bit-field %s to the low bits of v.\nfunc (r *%s) Set%s(v uint%d) { r.%s = r.%s&^(%#x<<%d) | v&%#x<<%d }\n", f.GoName, f.C, r.GoName, f.GoName, f.Width, f.Storage, f.Storage, mask, f.First, mask, f.First)
	}
	return b.String()
}

func (g *Gen) unionText(b *strings.Builder, r *record) {
	word := map[int]string{1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64"}[r.GoAlign]
	fmt.Fprintf(b, "type %s struct {\n\t_ structs.HostLayout\n\traw [%d]%s\n}\n", r.GoName, r.Size/r.GoAlign, word)
	for _, m := range r.Members {
		fmt.Fprintf(b, "\n// %s views the union as its member %s.\nfunc (u *%s) %s() *%s { return (*%s)(unsafe.Pointer(u)) }\n", m.GoName, m.C, r.GoName, m.GoName, m.Type, m.Type)
	}
}

// recordHeader finds the header of a record by its typedef.
func (g *Gen) recordHeader(tag string) string {
	for _, c := range sorted(g.types) {
		if r := g.recordOf(strings.TrimSuffix(strings.TrimSpace(g.types[c].Canonical), " *")); r != nil && r.Tag == tag {
			return g.types[c].Header
		}
	}
	return ""
}

// history says since when an item exists and how it changed, for its doc.
func (g *Gen) history(o *abi.Origin, change string) string {
	s := ""
	if f := o.FirstSeen(); f != abi.Oldest {
		s += fmt.Sprintf(" The macOS %s SDK has it; older ones that were measured do not.", f)
	}
	if change != "" {
		s += "\n//\n// It changed: " + change + "."
	}
	if o.RemovedBy != "" {
		s += fmt.Sprintf("\n//\n// Deprecated: the headers of macOS %s no longer have it.", o.RemovedBy)
	}
	return s
}

func typeChange(t *abi.Type) string { return bytesByTree(t.Changed) }

func recordChange(r *abi.Record) string { return bytesByTree(r.Changed) }

func bytesByTree(m map[string]int) string {
	var s []string
	for i := len(abi.Trees) - 1; i >= 0; i-- {
		if n, ok := m[abi.Trees[i]]; ok {
			s = append(s, fmt.Sprintf("%d bytes in %s", n, abi.Trees[i]))
		}
	}
	return strings.Join(s, ", ")
}
