// Package gen writes the generated part of package mach from the facts in
// internal/abi: types, structs, constants, function wrappers, symbol stubs and
// the tables that the hosted kernel reads.
package gen

import (
	"go/token"
	"strings"
)

// This file is the whole naming rule. It is mechanical and reversible:
//
//   - functions, types and fields become CamelCase, the _t (and _data_t) of a
//     type is dropped, and initialisms are upper-cased;
//   - constants keep their C spelling; a first letter that Go would not export
//     is upper-cased, leading underscores go;
//   - where a type and a function clash, the type keeps _t.
//
// The tables below are the only exceptions.

// initialisms are the words of C names that Go spells in capitals.
var initialisms = words(`
	api arm avx avx512 cpu dnr eflags exc:Exc fpu gid gpu hw id io ipc kc mig
	ndr nsec:Nsec ool pc:PC pid qos ras sdk sec:Sec sme sme2 sve tls uid und upl
	uuid vfp vm x86 i386 za`)

func words(s string) map[string]string {
	m := map[string]string{}
	for _, w := range strings.Fields(s) {
		if c, v, ok := strings.Cut(w, ":"); ok {
			m[c] = v
		} else {
			m[w] = strings.ToUpper(w)
		}
	}
	return m
}

// clashes names what the rule alone would give twice.
var clashes = map[string]string{
	// _host_page_size is the MIG routine below host_page_size.
	"func _host_page_size": "XHostPageSize",
	// mach_vm_round_page and its kin are macros; these are variables.
	"var mach_task_self_": "MachTaskSelf",
	// The pager's make-memory-entry variant that libSystem does not export.
	"func _mach_make_memory_entry": "XMachMakeMemoryEntry",
}

// typeNames overrides the name of a type whose C name would mislead or is
// is needed elsewhere.
var typeNames = map[string]string{
	// The array of 256 entries; the entry itself has the plain name.
	"mach_vm_read_entry_t": "MachVMReadEntry_t",
	"vm_read_entry_t":      "VMReadEntry_t",

	"vm32_object_id_t": "VM32ObjectID",
	"vm32_address_t":   "VM32Address",
	"vm32_offset_t":    "VM32Offset",
	"vm32_size_t":      "VM32Size",
	"mach_vm_range":    "MachVMRange",
}

// camel turns foo_bar_baz into FooBarBaz.
func camel(c string) string {
	var b strings.Builder
	for _, w := range strings.Split(c, "_") {
		if w == "" {
			continue
		}
		if v, ok := initialisms[w]; ok {
			b.WriteString(v)
			continue
		}
		// Two words next to a digit must not run together: task_info_64_2.
		if s := b.String(); s != "" && isDigit(s[len(s)-1]) && isDigit(w[0]) {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	return b.String()
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// FuncName is the Go name of a C function.
func FuncName(c string) string {
	if n, ok := clashes["func "+c]; ok {
		return n
	}
	return camel(c)
}

// VarName is the Go name of the function that reads a C variable.
func VarName(c string) string {
	if n, ok := clashes["var "+c]; ok {
		return n
	}
	return camel(c)
}

// ConstName is the Go name of a C constant.
func ConstName(c string) string {
	c = strings.TrimLeft(c, "_")
	return strings.ToUpper(c[:1]) + c[1:]
}

// FieldName is the exported Go name of a struct member.
func FieldName(c string) string {
	n := camel(c)
	if n == "" || isDigit(n[0]) {
		n = "X" + n
	}
	return n
}

// plainTypeName is the Go name of a typedef or struct tag before clashes with
// functions are resolved.
func plainTypeName(c string) string {
	if n, ok := typeNames[c]; ok {
		return n
	}
	c = strings.TrimLeft(c, "_")
	for _, suffix := range []string{"_data_t", "_t"} {
		if strings.HasSuffix(c, suffix) {
			c = strings.TrimSuffix(c, suffix)
			break
		}
	}
	c = strings.ReplaceAll(c, "_data_64_t", "_64")
	c = strings.ReplaceAll(c, "_data_64", "_64")
	return camel(c)
}

// ParamName is the Go name of a parameter, given its place.
func ParamName(c string, i int) string {
	n := camel(c)
	if n == "" {
		return "arg" + string(rune('0'+i))
	}
	// Lower the first word, an initialism as a whole.
	end := 1
	for end < len(n) && isUpper(n[end]) && (end+1 == len(n) || isUpper(n[end+1]) || isDigit(n[end+1])) {
		end++
	}
	n = strings.ToLower(n[:end]) + n[end:]
	if token.IsKeyword(n) || n == "error" || n == "nil" || n == "len" || n == "copy" || n == "string" {
		n += "_"
	}
	return n
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
