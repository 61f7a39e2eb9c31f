// Package callcheck holds the argument frames of package mach against the
// calling convention. What the convention is, it does not ask a book: for each
// parameter of each function it lets clang compile a function of the same
// prototype that returns just this parameter, and reads in the assembly where
// clang takes it from.
package callcheck

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/zig"
)

// Place is where the callee finds a parameter.
type Place struct {
	Reg    int  // number of the argument register, -1 if on the stack
	Stack  int  // offset in the stack arguments
	ByRef  bool // a pointer to the parameter is there, in its stead
	Loaded int  // bytes that are read of it
}

func (p Place) String() string {
	s := fmt.Sprintf("stack+%d", p.Stack)
	if p.Reg >= 0 {
		s = fmt.Sprintf("register %d", p.Reg)
	}
	if p.ByRef {
		s += " by reference"
	}
	return s
}

// Oracle asks clang where the parameters of all exported functions are.
func Oracle(ctx context.Context, tc *zig.Toolchain, facts *abi.Facts, arch string) (map[string][]Place, error) {
	src, err := oracleSource(facts)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "callcheck")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "oracle.c"), []byte(src), 0o600); err != nil {
		return nil, err
	}
	target := map[string]string{"arm64": "arm64-apple-macos12.0", "amd64": "x86_64-apple-macos12.0"}[arch]
	asm, err := tc.Run(ctx, dir, "clang", "-target", target, "-O2", "-fomit-frame-pointer", "-momit-leaf-frame-pointer", "-w", "-S", "-o", "-", "oracle.c")
	if err != nil {
		return nil, err
	}
	return readAssembly(string(asm), facts, arch)
}

func exported(facts *abi.Facts) []string {
	var names []string
	for name, f := range facts.Functions {
		if f.Exported {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// oracleSource writes the C functions. It needs no headers: for where a
// parameter is, only its size, alignment and kind count.
func oracleSource(facts *abi.Facts) (string, error) {
	var b strings.Builder
	records := map[string]bool{}
	var body strings.Builder
	for _, name := range exported(facts) {
		var types, params []string
		for i, p := range facts.Functions[name].Params {
			t, record, err := plainType(facts, p.Type)
			if err != nil {
				return "", fmt.Errorf("%s: %s: %w", name, p.Name, err)
			}
			if record != "" && !records[record] {
				records[record] = true
				r := facts.Records[record]
				word, n := "unsigned char", r.Size
				if r.Align == 4 {
					word, n = "unsigned", r.Size/4
				} else if r.Align == 8 {
					word, n = "unsigned long long", r.Size/8
				}
				fmt.Fprintf(&b, "struct r_%s { %s w[%d]; };\n", record, word, n)
			}
			types = append(types, t)
			params = append(params, fmt.Sprintf("%s p%d", t, i))
		}
		for i, t := range types {
			result, value := t, fmt.Sprintf("p%d", i)
			if strings.HasPrefix(t, "struct ") {
				result, value = "unsigned", value+".w[0]"
			}
			fmt.Fprintf(&body, "%s at_%d_of_%s(%s) { return %s; }\n", result, i, name, strings.Join(params, ", "), value)
		}
	}
	return b.String() + body.String(), nil
}

// plainType reduces a C type to one that needs no header.
func plainType(facts *abi.Facts, c string) (text, record string, err error) {
	for range 10 {
		c = strings.TrimSpace(strings.TrimPrefix(c, "const "))
		if strings.HasSuffix(c, "*") || strings.Contains(c, "(") || c == "va_list" {
			return "void *", "", nil
		}
		tag := strings.TrimPrefix(strings.TrimPrefix(c, "struct "), "union ")
		if facts.Records[tag] != nil && (facts.Types[tag] == nil || facts.Types[tag].Canonical == tag) {
			return "struct r_" + tag, tag, nil
		}
		t := facts.Types[c]
		if t == nil {
			break
		}
		if t.Canonical == c || strings.HasPrefix(t.Canonical, "enum ") {
			return map[int]string{1: "unsigned char", 2: "unsigned short", 4: "unsigned", 8: "unsigned long long"}[*t.Size], "", nil
		}
		c = t.Canonical
	}
	switch c {
	case "uint8_t":
		return "unsigned char", "", nil
	case "uint16_t":
		return "unsigned short", "", nil
	case "uint32_t", "uid_t":
		return "unsigned", "", nil
	case "uint64_t", "size_t", "uintptr_t":
		return "unsigned long long", "", nil
	case "int32_t":
		return "int", "", nil
	case "int64_t", "intptr_t":
		return "long long", "", nil
	case "char", "int", "unsigned int", "long", "unsigned long", "long long", "unsigned long long", "short", "unsigned short":
		return c, "", nil
	}
	return "", "", fmt.Errorf("unknown C type %q", c)
}

var (
	label   = regexp.MustCompile(`^_at_(\d+)_of_(\w+):`)
	armLoad = regexp.MustCompile(`^\s+ldr(?:s?[bh])?\s+([wx])\d+, \[(sp|x\d+)(?:, #(\d+))?\]`)
	armMove = regexp.MustCompile(`^\s+mov\s+[wx]0, [wx](\d+)`)
	amdMove = regexp.MustCompile(`^\s+mov([lq])\s+%(\w+), %[er]ax`)
	amdLoad = regexp.MustCompile(`^\s+mov(l|q|[sz][bw]l)\s+(?:(\d+))?\(%(\w+)\), %[er]ax`)
)

// amdRegs numbers amd64's argument registers, by their 64- and 32-bit names.
var amdRegs = map[string]int{
	"rdi": 0, "edi": 0, "rsi": 1, "esi": 1, "rdx": 2, "edx": 2,
	"rcx": 3, "ecx": 3, "r8": 4, "r8d": 4, "r9": 5, "r9d": 5,
}

// readAssembly finds each function's few instructions.
func readAssembly(asm string, facts *abi.Facts, arch string) (map[string][]Place, error) {
	out := map[string][]Place{}
	var name string
	var index int
	var body []string
	flush := func() error {
		if name == "" {
			return nil
		}
		p, err := readBody(body, arch)
		if err != nil {
			return fmt.Errorf("parameter %d of %s: %w: %q", index, name, err, body)
		}
		for len(out[name]) <= index {
			out[name] = append(out[name], Place{})
		}
		out[name][index] = p
		name = ""
		return nil
	}
	for _, line := range strings.Split(asm, "\n") {
		if m := label.FindStringSubmatch(line); m != nil {
			index, _ = strconv.Atoi(m[1])
			name, body = m[2], nil
			continue
		}
		line, _, _ = strings.Cut(line, ";")
		line, _, _ = strings.Cut(line, "##")
		line = strings.TrimRight(line, " \t")
		if t := strings.TrimSpace(line); t == "" || strings.HasPrefix(t, ".") {
			continue
		}
		if t := strings.TrimSpace(line); t == "ret" || t == "retq" {
			if err := flush(); err != nil {
				return nil, err
			}
			continue
		}
		body = append(body, line)
	}
	return out, nil
}

func readBody(body []string, arch string) (Place, error) {
	p := Place{Reg: -1}
	if arch == "arm64" {
		if len(body) == 0 {
			return Place{Reg: 0}, nil // it is in x0 already
		}
		reg := -1 // register that the parameter's address was loaded into
		for i, line := range body {
			if m := armMove.FindStringSubmatch(line); m != nil && len(body) == 1 {
				p.Reg, _ = strconv.Atoi(m[1])
				return p, nil
			}
			m := armLoad.FindStringSubmatch(line)
			if m == nil {
				return p, fmt.Errorf("not understood")
			}
			off, _ := strconv.Atoi(m[3])
			switch {
			case m[2] == "sp" && i == 0:
				p.Stack, p.Loaded, reg = off, map[string]int{"w": 4, "x": 8}[m[1]], 0
			case i == 0:
				p.Reg, _ = strconv.Atoi(m[2][1:])
				p.ByRef = true
			case i == 1 && reg == 0 && off == 0:
				p.ByRef = true
			default:
				return p, fmt.Errorf("not understood")
			}
		}
		return p, nil
	}
	for i, line := range body {
		if strings.Contains(line, "push") || strings.Contains(line, "pop") || strings.Contains(line, "%rsp, %rbp") {
			return p, fmt.Errorf("a frame pointer")
		}
		if m := amdMove.FindStringSubmatch(line); m != nil && i == 0 {
			reg, ok := amdRegs[m[2]]
			if !ok {
				return p, fmt.Errorf("not understood")
			}
			p.Reg = reg
			continue
		}
		m := amdLoad.FindStringSubmatch(line)
		if m == nil || i != 0 || m[3] != "rsp" {
			return p, fmt.Errorf("not understood")
		}
		off, _ := strconv.Atoi(m[2])
		p.Stack, p.Loaded = off-8, map[string]int{"l": 4, "q": 8}[m[1]] // above the return address
	}
	return p, nil
}
