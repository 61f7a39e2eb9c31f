package gen

import (
	"fmt"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// custom are exported functions that package mach writes by hand, on other
// calls, since a C function pointer cannot be made from a Go function without
// cgo.
var custom = map[string]bool{
	"mach_msg_server": true, "mach_msg_server_once": true, "mach_msg_server_importance": true,
}

// paramTypes overrides the Go type of a parameter where C's decayed array or
// char pointer says less than the headers mean.
var paramTypes = map[string]string{
	"host_kernel_version.kernel_version":        "*KernelVersion",
	"host_get_boot_info.boot_info":              "*KernelBootInfo",
	"mach_port_kobject_description.description": "*KobjectDescription",
	"netname_version.version":                   "*NetnameName",
	"bootstrap_create_server.server_cmd":        "string",
	"bootstrap_create_service.service_name":     "string",
	"bootstrap_register.service_name":           "string",
	"bootstrap_status.service_name":             "string",
	"netname_check_in.port_name":                "string",
	"netname_check_out.port_name":               "string",
	"netname_look_up.host_name":                 "string",
	"netname_look_up.port_name":                 "string",
	"bootstrap_check_in.service_name":           "string",
	"bootstrap_look_up.service_name":            "string",
	"mach_error.str":                            "string",
	"panic.0":                                   "string",
	// C says int, but means named constants, which have a type in Go.
	"task_get_special_port.which_port": "TaskSpecialPort",
	"task_set_special_port.which_port": "TaskSpecialPort",
	"semaphore_create.policy":          "SyncPolicy",
	"lock_set_create.policy":           "SyncPolicy",
	"processor_set_info.flavor":        "ProcessorSetFlavor",

	"processor_set_policy_disable.policy":   "Policy",
	"processor_set_policy_enable.policy":    "Policy",
	"act_get_state.flavor":                  "ThreadStateFlavor",
	"act_set_state.flavor":                  "ThreadStateFlavor",
	"exception_raise_state.flavor":          "*ThreadStateFlavor",
	"exception_raise_state_identity.flavor": "*ThreadStateFlavor",
	"clock_sleep.1":                         "AlarmType",
	"mach_port_kernel_object.object_type":   "*IPCInfoObjectType",
	"mach_get_times.tp":                     "*[2]int64", // struct timespec, which is no type of Mach's

	"mig_strncpy.src":          "*byte",
	"mig_strncpy_zerofill.src": "*byte",
}

// paramNames names the parameters that the headers leave unnamed.
var paramNames = map[string][]string{
	"clock_sleep":      {"clockServ", "sleepType", "sleepTime", "wakeTime"},
	"host_page_size":   {"host", "outPageSize"},
	"mach_msg_destroy": {"msg"},
	"mach_msg_receive": {"msg"},
	"mach_msg_send":    {"msg"},
	"mig_allocate":     {"address", "size"},
	"mig_deallocate":   {"address", "size"},
	"mig_reply_setup":  {"request", "reply"},
	"panic":            {"message"},
	"panic_init":       {"host"},
	"port_obj_init":    {"maxPorts"},
	"slot_name":        {"cpuType", "cpuSubtype", "cpuName", "cpuSubtypeName"},
}

// param is a parameter with its Go form.
type param struct {
	Name   string
	Type   string
	C      string // C type
	CName  string
	Size   int
	Ptr    bool
	Struct *record // passed by value
	Text   bool    // a Go string, handed over as a C string
}

// function is an exported function with its Go form.
type function struct {
	*abi.Function
	C      string
	GoName string
	Params []param
	Result string // Go result: "error", "", or a type
	Late   bool   // looked up at run time
	Class  class
}

func (g *Gen) function(c string) (*function, error) {
	f := &function{Function: g.funcs[c], C: c, GoName: FuncName(c), Class: g.docs[c].Class}
	f.Late = !f.SeenIn(abi.Oldest)
	used := map[string]bool{}
	for i, p := range f.Function.Params {
		t, err := g.resolve(p.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		name := ParamName(p.Name, i)
		if n := paramNames[c]; p.Name == "" && i < len(n) {
			name = n[i]
		}
		for used[name] {
			name += "_"
		}
		used[name] = true
		q := param{Name: name, Type: t.Expr, C: p.Type, CName: p.Name, Size: t.Size, Ptr: t.Ptr}
		key := p.Name
		if key == "" {
			key = fmt.Sprint(i)
		}
		if o, ok := paramTypes[c+"."+key]; ok {
			q.Type, q.Text = o, o == "string"
		}
		if !t.Ptr {
			if r := g.recordOf(canonicalOf(g, p.Type)); r != nil {
				q.Struct = r
			}
		}
		f.Params = append(f.Params, q)
	}
	switch strings.TrimSpace(f.Returns) {
	case "void":
	case "kern_return_t", "mach_msg_return_t":
		f.Result = "error"
	case "char *", "const char *":
		f.Result = "string"
	default:
		t, err := g.resolve(f.Returns)
		if err != nil {
			return nil, err
		}
		f.Result = t.Expr
	}
	return f, nil
}

func canonicalOf(g *Gen, c string) string {
	if t := g.types[c]; t != nil {
		return t.Canonical
	}
	return c
}

// functions lists what libSystem exports, in order of name.
func (g *Gen) functions() ([]*function, error) {
	var out []*function
	for _, c := range sorted(g.funcs) {
		if !g.funcs[c].Exported {
			continue
		}
		f, err := g.function(c)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// emitFunctions writes one wrapper for each exported function.
func (g *Gen) emitFunctions() ([]block, error) {
	fs, err := g.functions()
	if err != nil {
		return nil, err
	}
	out := g.bigHelpers(fs)
	for _, f := range fs {
		if custom[f.C] {
			continue
		}
		text, err := g.wrapper(f)
		if err != nil {
			return nil, err
		}
		out = append(out, block{Key: "func " + f.GoName, File: funcFile(f.Header), Text: text})
		if f.wide() {
			out = append(out, g.frames(f)...)
		}
	}
	return out, nil
}

// funcFile is the generated file for a header's functions.
func funcFile(h string) string {
	if h == "" {
		return "zfunc_undeclared.go"
	}
	h = strings.TrimSuffix(strings.TrimPrefix(h, "mach/"), ".h")
	return "zfunc_" + strings.NewReplacer("/", "_", "-", "").Replace(h) + ".go"
}

func (g *Gen) funcDoc(f *function) (string, error) {
	d, ok := g.docs[f.C]
	if !ok && g.Draft {
		d.Text = "has no text yet."
	} else if !ok {
		return "", fmt.Errorf("gen: %s has no text in internal/gen/doc", f.C)
	}
	text, err := g.link(strings.TrimSpace(d.Text), f.C)
	if err != nil {
		return "", err
	}
	for _, p := range f.Params { // C parameter names become the Go ones
		if p.CName != "" && p.CName != p.Name && strings.Contains(p.CName, "_") {
			text = replaceWord(text, p.CName, p.Name)
		}
	}
	wait, err := f.waitText()
	if err != nil {
		return "", err
	}
	text = fmt.Sprintf("%s %s\n\n%s\n\nC: %s.%s", f.GoName, text, wait, whereFrom(f.C, f.Header), since(f))
	if f.RemovedBy != "" {
		text += fmt.Sprintf("\n\nDeprecated: the headers of macOS %s no longer have it.", f.RemovedBy)
	}
	return "// " + strings.ReplaceAll(strings.ReplaceAll(text, "\n", "\n// "), "// \n", "//\n") + "\n", nil
}

// whereFrom says where C has a function.
func whereFrom(c, header string) string {
	if header == "" {
		return c + ", which libSystem exports and no public header declares"
	}
	return fmt.Sprintf("%s of <%s>", c, header1(header))
}

func since(f *function) string {
	if !f.Late {
		return ""
	}
	return fmt.Sprintf(" Found at run time: the SDK of macOS %s has it and that of %s does not. On a system without it the error is [errors.ErrUnsupported].", f.FirstSeen(), abi.Trees[treeIndex(f.FirstSeen())+1])
}

func treeIndex(t string) int {
	for i, x := range abi.Trees {
		if x == t {
			return i
		}
	}
	return len(abi.Trees) - 2
}

func replaceWord(s, old, new string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, old)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		end := i + len(old)
		before := i > 0 && (isWord(s[i-1]) || s[i-1] == '[')
		after := end < len(s) && isWord(s[end])
		b.WriteString(s[:i])
		if before || after {
			b.WriteString(old)
		} else {
			b.WriteString(new)
		}
		s = s[end:]
	}
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// wrapper writes the Go function: it fills an argument frame whose pointers
// are typed, so that the collector sees them, and hands it to the waist.
func (g *Gen) wrapper(f *function) (string, error) {
	doc, err := g.funcDoc(f)
	if err != nil {
		return "", err
	}
	if f.wide() && f.Result != "error" {
		return "", fmt.Errorf("%s: the stub for stack arguments hands back 32 bits of a result", f.C)
	}
	var b strings.Builder
	b.WriteString(doc)
	var args []string
	for _, p := range f.Params {
		args = append(args, p.Name+" "+p.Type)
	}
	fmt.Fprintf(&b, "func %s(%s) %s {\n", f.GoName, strings.Join(args, ", "), f.Result)
	fail := func(expr string) string {
		switch f.Result {
		case "error":
			return "return " + expr
		case "":
			return "return"
		case "string":
			return `return ""`
		}
		return "return 0"
	}
	if f.Late {
		fmt.Fprintf(&b, "\tsym := libsystem.Late_%s.Symbol()\n\tif sym == 0 {\n\t\t%s\n\t}\n", f.C, fail("unsupported(&libsystem.Late_"+f.C+")"))
	}
	for _, p := range f.Params {
		if p.Text {
			fmt.Fprintf(&b, "\t%sC, err := cString(%s)\n\tif err != nil {\n\t\t%s\n\t}\n", p.Name, p.Name, fail("err"))
		}
	}
	if f.wide() {
		fmt.Fprintf(&b, "\tf := %s{", f.frameName())
	} else {
		b.WriteString("\tf := struct {\n\t\tlibsystem.Head\n")
		for _, p := range f.Params {
			typ := p.Type
			if p.Text {
				typ = "*byte"
			}
			fmt.Fprintf(&b, "\t\t%s %s\n%s", p.Name, typ, slotPad(p))
		}
		b.WriteString("\t}{")
	}
	for i, p := range f.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		v := p.Name
		switch {
		case p.Text:
			v = "libsystem.Ptr(" + p.Name + "C)"
		case p.Struct != nil && p.Struct.Size > 16:
			v = fmt.Sprintf("%s(&%s)", bigName(p), p.Name)
		case p.Type == "unsafe.Pointer":
			v = "libsystem.Pointer(" + p.Name + ")"
		case p.Ptr:
			v = "libsystem.Ptr(" + p.Name + ")"
		}
		fmt.Fprintf(&b, "%s: %s", p.Name, v)
	}
	b.WriteString("}\n")
	usual, otherwise := f.usual()
	if usual != "" {
		fmt.Fprintf(&b, "\tif %s {\n\t%s\t}\n", usual, f.call(false))
	}
	b.WriteString(otherwise + f.call(usual != "" || f.Class != classShort))
	b.WriteString("}\n")
	return b.String(), nil
}

// slotPad fills a 4-byte argument up to its 8-byte slot.
func slotPad(p param) string {
	if p.Ptr || p.Text || p.Size%8 == 0 {
		return ""
	}
	if p.Size < 4 {
		return fmt.Sprintf("\t\t_ [%d]byte\n", 8-p.Size)
	}
	return "\t\t_ uint32\n"
}

// call writes the call, and the return of its result.
func (f *function) call(told bool) string {
	sym := "libsystem.Sym_" + f.C
	if f.Late {
		sym = "sym"
	}
	call := fmt.Sprintf("libsystem.%s(%s, unsafe.Pointer(&f))", f.callName(told), sym)
	switch {
	case f.Returns == "mach_msg_return_t":
		return fmt.Sprintf("\treturn messageReturn(%s)\n", call)
	case f.Result == "error":
		return fmt.Sprintf("\treturn kernReturn(%s)\n", call)
	case f.Result == "":
		return fmt.Sprintf("\t%s\n", call)
	case f.Result == "string":
		return fmt.Sprintf("\treturn goString(libsystem.Value(%s))\n", call)
	case strings.HasPrefix(f.Result, "*") || f.Result == "unsafe.Pointer":
		return fmt.Sprintf("\treturn (%s)(libsystem.ValuePointer(%s))\n", f.Result, call)
	}
	return fmt.Sprintf("\treturn %s(libsystem.Value(%s))\n", f.Result, call)
}

// kern reports whether the function has a stub of its own, which loads the
// arguments from the frame: the shortest way, for results of 32 bits.
func (f *function) kern() bool { return f.Result == "error" && !f.wide() && !f.Late }

// callName is the function of libsystem that makes the call.
func (f *function) callName(told bool) string {
	n := "Call"
	switch {
	case f.wide():
		n += "Wide"
	case f.kern():
		n += "Kern"
	case f.Result == "error":
		n += "Late"
	}
	if told {
		n += "Blocking"
	}
	return n
}
