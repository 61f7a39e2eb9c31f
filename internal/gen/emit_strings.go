package gen

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// stringer says how the constants of a type turn into text. Types that do not
// stand here count their values and have no second names.
type stringer struct {
	flags bool                  // a set of bits, not a count
	table bool                  // only the table: String and Parse are hand-written
	last  func() *regexp.Regexp // second names of a value, and names of no single value
}

var stringers = map[string]stringer{
	"ExceptionType":      {last: re(`^FIRST_`)},
	"ExceptionMask":      {flags: true, last: re(`_ALL$`)},
	"ExceptionBehavior":  {table: true, last: re(`^MACH_EXCEPTION_MASK$`)},
	"MachMsgTypeName":    {last: re(`_PORT_(RECEIVE|SEND|SEND_ONCE)$|_LAST$`)},
	"MachMsgOption":      {table: true, last: re(`_NODENAP$|_SYNC_USE_THRPRI$|^MACH_RCV_(NOTIFY|OVERWRITE)$`)},
	"MachMsgGuardFlags":  {flags: true, last: re(`_MASK$`)},
	"MachPortType":       {flags: true},
	"VMProt":             {table: true, last: re(`_(UEXEC|WANTS_COPY|RORW_TP|ALLEXEC|COW|NOAUTH|TRANSLATED_ALLOW_EXECUTE|ZF|EXECUTE_ONLY|DEFAULT|ALL)$`)},
	"VMInherit":          {last: re(`_(DEFAULT|LAST_VALID)$`)},
	"VMBehavior":         {last: re(`_LAST_VALID$`)},
	"VMSync":             {flags: true},
	"VMMachineAttribute": {flags: true},
	"VMMemory":           {last: re(`_(COREGRAPHICS_MISC|CARBON|MALLOC_PGUARD|WEBASSEMBLY)$`)},
	"ThreadStateFlavor":  {table: true, last: re(`^(MACHINE_THREAD_STATE|THREAD_STATE_NONE|ARM_UNIFIED_THREAD_STATE|i386_)`)},
	"ThreadPolicyFlavor": {last: re(`^THREAD_STANDARD_POLICY$`)},
	"TaskFlavor":         {last: re(`^TASK_BASIC_INFO(_64)?$`)},
	"HostFlavor":         {table: true},
	"ClockID":            {last: re(`^REALTIME_CLOCK$`)},
	"CPUType":            {last: re(`_I386$`)},
	"CPUSubtype":         {table: true, last: re(`_(386|X86_ALL|BIG_ENDIAN|LITTLE_ENDIAN|MULTIPLE|MC68030)$`)},
	"MachTaskFlavor":     {last: re(`_MAX$`)},
	"MachThreadFlavor":   {last: re(`_MAX$`)},
	"MachVoucherAttrKey": {last: re(`_(NUM_WELL_KNOWN|BITS)$`)},
	"SyncPolicy":         {last: re(`_(ORDER_MASK|REVERSED)$`)},
}

// noStrings are the types whose constants are numbers, not names, or have
// their text elsewhere.
var noStrings = words("KernReturn MachPort MachMsgTypeNumber Boolean")

// cpuFamilies tell from a subtype's name which CPU type it belongs to.
var cpuFamilies = []struct {
	pattern func() *regexp.Regexp
	cpu     string
}{
	{re(`^CPU_SUBTYPE_ARM64_32_`), "CPU_TYPE_ARM64_32"},
	{re(`^CPU_SUBTYPE_ARM64`), "CPU_TYPE_ARM64"},
	{re(`^CPU_SUBTYPE_ARM_`), "CPU_TYPE_ARM"},
	{re(`^CPU_SUBTYPE_X86_64_`), "CPU_TYPE_X86_64"},
	{re(`^CPU_SUBTYPE_(X86_|I386|[345]86|PENT|CELERON|ITANIUM|XEON)`), "CPU_TYPE_X86"},
	{re(`^CPU_SUBTYPE_POWERPC_`), "CPU_TYPE_POWERPC"},
	{re(`^CPU_SUBTYPE_MC68`), "CPU_TYPE_MC680x0"},
	{re(`^CPU_SUBTYPE_MC88`), "CPU_TYPE_MC88000"},
	{re(`^CPU_SUBTYPE_MC98`), "CPU_TYPE_MC98000"},
	{re(`^CPU_SUBTYPE_(VAX|UVAX)`), "CPU_TYPE_VAX"},
	{re(`^CPU_SUBTYPE_HPPA_`), "CPU_TYPE_HPPA"},
	{re(`^CPU_SUBTYPE_SPARC_`), "CPU_TYPE_SPARC"},
	{re(`^CPU_SUBTYPE_I860_`), "CPU_TYPE_I860"},
	{re(`^CPU_SUBTYPE_MIPS_`), "8"}, // the header has no CPU_TYPE_MIPS
	{re(``), "CPU_TYPE_ANY"},
}

// emitStrings writes, for each type of constants, the table of names and the
// functions String and Parse. Each type's stand on their own, so the linker
// keeps only what a program prints or parses.
func (g *Gen) emitStrings() []block {
	byType := map[string][]*constant{}
	seen := map[string]bool{}
	for _, c := range sorted(g.consts) {
		k := g.consts[c]
		if _, no := noStrings[k.GoType]; no || k.GoType == "" || k.GoType == "count" || seen[k.GoName] {
			continue
		}
		seen[k.GoName] = true
		byType[k.GoType] = append(byType[k.GoType], k)
	}
	var out []block
	for _, typ := range sorted(byType) {
		out = append(out, block{Key: "strings " + typ, File: "zstrings.go", Text: g.stringsOf(typ, byType[typ])})
	}
	return out
}

func (g *Gen) stringsOf(typ string, consts []*constant) string {
	form := stringers[typ]
	second := func(k *constant) bool { return form.last != nil && form.last().MatchString(k.C) }
	sort.SliceStable(consts, func(i, j int) bool {
		if x, y := second(consts[i]), second(consts[j]); x != y {
			return y
		}
		return consts[i].C < consts[j].C
	})
	name := g.freeTypeName(typ)
	table := "names" + strings.TrimSuffix(name, "_t")
	var b strings.Builder
	if typ == "CPUSubtype" {
		fmt.Fprintf(&b, "var %s = [...]namedCPU{\n", table)
		for _, k := range consts {
			for _, f := range cpuFamilies {
				if f.pattern().MatchString(k.C) {
					fmt.Fprintf(&b, "\t{%s, int64(%s), %q},\n", f.cpu, k.GoName, k.C)
					break
				}
			}
		}
	} else {
		fmt.Fprintf(&b, "var %s = [...]named{\n", table)
		for _, k := range consts {
			fmt.Fprintf(&b, "\t{int64(%s), %q},\n", k.GoName, k.C)
		}
	}
	b.WriteString("}\n")
	if form.table {
		return b.String()
	}
	if form.flags {
		fmt.Fprintf(&b, "\n// String is the C names of the bits, joined by \"|\".\nfunc (v %s) String() string { return flagsString(%s[:], v) }\n", name, table)
		fmt.Fprintf(&b, "\n// Parse%[1]s is the value of C names joined by \"|\".\nfunc Parse%[1]s(s string) (%[2]s, error) {\n\treturn parseFlags[%[2]s](%[3]s[:], %[2]q, s)\n}\n", strings.TrimSuffix(name, "_t"), name, table)
		return b.String()
	}
	fmt.Fprintf(&b, "\n// String is the C name of the constant, or %s(n).\nfunc (v %[1]s) String() string { return enumString(%[2]s[:], %[1]q, v) }\n", name, table)
	fmt.Fprintf(&b, "\n// Parse%[1]s is the value of a C name, or of what String gives.\nfunc Parse%[1]s(s string) (%[2]s, error) {\n\treturn parseName[%[2]s](%[3]s[:], %[2]q, s)\n}\n", strings.TrimSuffix(name, "_t"), name, table)
	return b.String()
}
