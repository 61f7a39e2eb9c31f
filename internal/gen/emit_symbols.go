package gen

import (
	"fmt"
	"strings"
)

const dylib = "/usr/lib/libSystem.B.dylib"

// emitSymbols writes internal/libsystem's generated files: the imports and
// trampolines on Darwin, the symbol numbers elsewhere.
func (g *Gen) emitSymbols() (map[string][]byte, error) {
	fs, err := g.functions()
	if err != nil {
		return nil, err
	}
	var imports, decl, late, nums, names, arity, asm, addrGo, addrOther strings.Builder
	n := 0
	for _, f := range fs {
		n++
		fmt.Fprintf(&nums, "\tSym_%s Symbol = %d\n", f.C, n)
		fmt.Fprintf(&names, "\t%d: %q,\n", n, f.C)
		fmt.Fprintf(&arity, "%d: %d, ", n, len(f.Params))
		if f.Late {
			fmt.Fprintf(&late, "// Late_%s is looked up at its first use.\nvar Late_%s = Late{name: \"%s\\x00\", since: %q, lacking: %q, sym: sym_%s}\n\n", f.C, f.C, f.C, f.FirstSeen(), abiLacking(f), f.C)
			continue
		}
		if custom[f.C] {
			continue
		}
		fmt.Fprintf(&imports, "//go:cgo_import_dynamic libc_%s %s %q\n", f.C, f.C, dylib)
		typ, attr, load := "Symbol", "NOSPLIT", ""
		if f.kern() {
			typ, attr, load = "Stub", "NOSPLIT|NOFRAME", fmt.Sprintf("\tARGS%d\n", len(f.Params))
		}
		fmt.Fprintf(&decl, "var Sym_%s %s\n", f.C, typ)
		fmt.Fprintf(&asm, "TEXT tramp_%s<>(SB), %s, $0-0\n%s\tJMP libc_%s(SB)\nGLOBL ·Sym_%s(SB), RODATA, $8\nDATA ·Sym_%s(SB)/8, $tramp_%s<>(SB)\n\n", f.C, attr, load, f.C, f.C, f.C, f.C)
	}
	var asmARM, asmAMD strings.Builder
	for _, c := range sorted(g.vars) {
		if !g.vars[c].Exported {
			continue
		}
		fmt.Fprintf(&imports, "//go:cgo_import_dynamic libc_%s %s %q\n", c, c, dylib)
		fmt.Fprintf(&addrGo, "// Addr_%s returns the address of the variable.\nfunc Addr_%s() unsafe.Pointer\n\n", c, c)
		fmt.Fprintf(&addrOther, "// Addr_%s returns the address of the kernel's copy of the variable.\nfunc Addr_%s() unsafe.Pointer { return variable(%q) }\n\n", c, c, c)
		fmt.Fprintf(&asmARM, "TEXT ·Addr_%s(SB), NOSPLIT, $0-8\n\tMOVD $libc_%s(SB), R0\n\tMOVD R0, ret+0(FP)\n\tRET\n\n", c, c)
		fmt.Fprintf(&asmAMD, "TEXT ·Addr_%s(SB), NOSPLIT, $0-8\n\tLEAQ libc_%s(SB), AX\n\tMOVQ AX, ret+0(FP)\n\tRET\n\n", c, c)
	}
	lateSyms := func(value string) string {
		var b strings.Builder
		for _, f := range fs {
			if f.Late {
				fmt.Fprintf(&b, "\tsym_%s Symbol = %s\n", f.C, strings.ReplaceAll(value, "%", f.C))
			}
		}
		return "const (\n" + b.String() + ")\n\n"
	}
	out := map[string][]byte{}
	put := func(name, build, imp, body string) error {
		t := target{Package: "libsystem", Build: build}
		if imp != "" {
			t.Imports = []string{imp}
		}
		b, err := assemble(t, []block{{Text: body}})
		out["internal/libsystem/"+name] = b
		return err
	}
	if err := put("zsymbols_darwin.go", "", "unsafe", imports.String()+"\n// The addresses of the trampolines and stubs, set in zsymbols_darwin.s.\n"+decl.String()+"\n"+addrGo.String()+lateSyms("0")); err != nil {
		return nil, err
	}
	if err := put("zsymbols_nodarwin.go", "!darwin", "unsafe", "// The numbers that a kernel knows the functions by.\nconst (\n"+nums.String()+")\n\n// Names are the functions' C names, by number.\nvar Names = [...]string{\n"+names.String()+"}\n\n// Arity are the functions' numbers of arguments.\nvar Arity = [...]uint8{"+arity.String()+"}\n\n"+addrOther.String()+lateSyms("Sym_%")); err != nil {
		return nil, err
	}
	if err := put("zlate.go", "", "", late.String()); err != nil {
		return nil, err
	}
	out["internal/libsystem/zsymbols_darwin.s"] = []byte(header + "\n#include \"textflag.h\"\n#include \"args.h\"\n\n" + asm.String())
	out["internal/libsystem/zvars_darwin_arm64.s"] = []byte(header + "\n#include \"textflag.h\"\n\n" + asmARM.String())
	out["internal/libsystem/zvars_darwin_amd64.s"] = []byte(header + "\n#include \"textflag.h\"\n\n" + asmAMD.String())
	return out, nil
}

// abiLacking is the newest measured SDK that does not have the function.
func abiLacking(f *function) string {
	s := since(f)
	_, s, _ = strings.Cut(s, " and that of ")
	s, _, _ = strings.Cut(s, " does not")
	return s
}

// emitVariables writes the functions that read libSystem's variables.
func (g *Gen) emitVariables() ([]block, error) {
	var out []block
	for _, c := range sorted(g.vars) {
		v := g.vars[c]
		if !v.Exported {
			continue
		}
		name := VarName(c)
		doc := fmt.Sprintf("// %s returns libSystem's variable %s.%s\n//\n// C: %s of <%s>.\n", name, c, varDocs[c], c, header1(v.Header))
		var text string
		if strings.Contains(v.Type, "(*)") {
			text = fmt.Sprintf("func %s() unsafe.Pointer { return *(*unsafe.Pointer)(libsystem.Addr_%s()) }\n", name, c)
		} else {
			t, err := g.resolve(v.Type)
			if err != nil {
				return nil, err
			}
			text = fmt.Sprintf("func %s() %s { return *(*%s)(libsystem.Addr_%s()) }\n", name, t.Expr, t.Expr, c)
		}
		out = append(out, block{Key: "var " + name, File: "zvariables.go", Text: doc + text})
	}
	return out, nil
}

// varDocs say what the variables mean, in our words.
var varDocs = map[string]string{
	"mach_task_self_":      "\n// It names the calling task's own control port. The name belongs to the\n// task: never release it. C's mach_task_self() and current_task() read it.",
	"bootstrap_port":       "\n// It names the send right to the bootstrap server that the process was\n// started with; do not release it.",
	"NDR_record":           "\n// It describes this machine's data representation, as MIG messages carry it.",
	"vm_page_size":         "\n// It is the page size of this process in bytes: 16384 on Apple silicon,\n// 4096 on Intel and under Rosetta.",
	"vm_page_mask":         "\n// It is vm_page_size - 1.",
	"vm_page_shift":        "\n// It is the base-2 logarithm of vm_page_size.",
	"vm_kernel_page_size":  "\n// It is the page size of the kernel in bytes, which host statistics count\n// in; under Rosetta it differs from vm_page_size.",
	"vm_kernel_page_mask":  "\n// It is vm_kernel_page_size - 1.",
	"vm_kernel_page_shift": "\n// It is the base-2 logarithm of vm_kernel_page_size.",
	"port_obj_table":       "\n// It is nil until port_obj_init has run.",
	"port_obj_table_size":  "\n// It counts the entries of port_obj_table.",
	"vprintf_stderr_func":  "\n// It is the C function that libSystem prints Mach errors with.",
}
