package gen

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed special_ports.txt
var specialPortsText string

// portMacro is a macro for one special port of host, task or thread.
type portMacro struct {
	kind  string // get, set, refuse, same: see special_ports.txt
	macro string
	of    string // the port's constant, or the macro that this one is the same as
}

func portMacros() ([]portMacro, error) {
	var out []portMacro
	for i, line := range strings.Split(specialPortsText, "\n") {
		w := strings.Fields(line)
		if len(w) == 0 || w[0] == "#" {
			continue
		}
		want := map[string]int{"get": 3, "set": 3, "refuse": 2, "same": 3}[w[0]]
		if len(w) != want {
			return nil, fmt.Errorf("gen: special_ports.txt:%d: %q is no line of that file", i+1, line)
		}
		m := portMacro{kind: w[0], macro: w[1]}
		if len(w) == 3 {
			m.of = w[2]
		}
		out = append(out, m)
	}
	return out, nil
}

// owner says what the macro's port belongs to: host, task or thread.
func (m portMacro) owner() string {
	owner, _, _ := strings.Cut(m.macro, "_")
	return owner
}

// gets tells whether the macro gets the port.
func (m portMacro) gets() bool { return strings.HasPrefix(m.macro, m.owner()+"_get_") }

// ownerTypes are the types of the first argument, in calls that get and that set.
var ownerTypes = map[string]struct{ get, set string }{
	"host":   {"HostPriv", "HostPriv"},
	"task":   {"TaskInspect_t", "Task"},
	"thread": {"ThreadInspect", "ThreadAct"},
}

// emitMacros writes the macros that have one shape; the others stand in macros.go.
func (g *Gen) emitMacros() ([]block, error) {
	macros, err := portMacros()
	if err != nil {
		return nil, err
	}
	out := []block{{Key: "const special ports", File: "zmacros.go", Text: `// The headers name the most usual special ports of host, task and thread in
// macros. Each is one call with one constant; a Get call gives the caller a
// right to release with [MachPortDeallocate], a Set call keeps the caller's
// right as it is.
`}}
	for _, m := range macros {
		if (m.kind == "get" || m.kind == "set") && g.consts[m.of] == nil {
			continue // facts from before the port was there
		}
		if err := g.claim(FuncName(m.macro), "macro "+m.macro); err != nil {
			return nil, err
		}
		out = append(out, block{Key: "func " + FuncName(m.macro), File: "zmacros.go", Text: m.text()})
	}
	return out, nil
}

func (m portMacro) text() string {
	owner := m.owner()
	verb, typ, port, result := "Set", ownerTypes[owner].set, "MachPort", ""
	if m.gets() {
		verb, typ, port = "Get", ownerTypes[owner].get, "*MachPort"
	}
	call := camel(owner) + verb + "SpecialPort"
	switch m.kind {
	case "get":
		node := ""
		if owner == "host" {
			node = "HOST_LOCAL_NODE, "
		}
		result = fmt.Sprintf("stores a send right to the %s's [%s] in *port, by\n// [%s].", owner, m.of, call)
		call = fmt.Sprintf("%s(%s, %s%s, port)", call, owner, node, m.of)
	case "set":
		result = fmt.Sprintf("makes port the %s's [%s], by\n// [%s].", owner, m.of, call)
		call = fmt.Sprintf("%s(%s, %s, port)", call, owner, m.of)
	case "refuse":
		result = "answers [KERN_INVALID_ARGUMENT]: the port is the kernel's."
		call = "KERN_INVALID_ARGUMENT"
	case "same":
		result = fmt.Sprintf("is the older name of [%s].", FuncName(m.of))
		call = fmt.Sprintf("%s(%s, port)", FuncName(m.of), owner)
	}
	name := FuncName(m.macro)
	return fmt.Sprintf("// %s %s\n//\n// C: %s of <mach/%s_special_ports.h>.\nfunc %s(%s %s, port %s) error {\n\treturn %s\n}\n",
		name, result, m.macro, owner, name, owner, typ, port, call)
}
