package gdb

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// register is one of GDB's registers: where it is in cpu.Regs, or nowhere.
type register struct {
	name  string
	bytes int
	at    int // index in cpu.Regs; -1: the debugger is told that nobody knows
	kind  string
}

// registers lists what GDB's feature of the general registers has, in its order (GDB's
// manual, "Standard Target Features").
func registers(a *cpu.Arch) []register {
	index := map[string]int{}
	for i, n := range a.Names {
		index[n] = i
	}
	at := func(name string) int {
		if i, ok := index[name]; ok {
			return i
		}
		return -1
	}
	var list []register
	if a == cpu.ARM64 {
		for i := range 29 {
			n := fmt.Sprintf("x%d", i)
			list = append(list, register{n, 8, at(n), "int"})
		}
		return append(list, register{"x29", 8, a.FP, "int"}, register{"x30", 8, a.LR, "int"},
			register{"sp", 8, a.SP, "data_ptr"}, register{"pc", 8, a.PC, "code_ptr"}, register{"cpsr", 4, a.Flags, "int"})
	}
	for _, n := range strings.Fields("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip") {
		kind := "int64"
		switch n {
		case "rbp", "rsp":
			kind = "data_ptr"
		case "rip":
			kind = "code_ptr"
		}
		list = append(list, register{n, 8, at(n), kind})
	}
	list = append(list, register{"eflags", 4, a.Flags, "int32"})
	for _, n := range strings.Fields("cs ss ds es fs gs") {
		list = append(list, register{n, 4, -1, "int32"})
	}
	for i := range 8 {
		list = append(list, register{fmt.Sprintf("st%d", i), 10, -1, "i387_ext"})
	}
	for _, n := range strings.Fields("fctrl fstat ftag fiseg fioff foseg fooff fop") {
		list = append(list, register{n, 4, -1, "int"})
	}
	return list
}

// description is the target description that GDB asks for.
func description(a *cpu.Arch) string {
	arch, feature := "i386:x86-64", "org.gnu.gdb.i386.core"
	if a == cpu.ARM64 {
		arch, feature = "aarch64", "org.gnu.gdb.aarch64.core"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0"><architecture>%s</architecture><feature name="%s">`, arch, feature)
	for _, r := range registers(a) {
		fmt.Fprintf(&b, `<reg name="%s" bitsize="%d" type="%s"/>`, r.name, 8*r.bytes, r.kind)
	}
	b.WriteString("</feature></target>")
	return b.String()
}

// show prints a register as GDB wants it: its bytes in the guest's order, or x for unknown.
func (r register) show(regs *cpu.Regs) string {
	if r.at < 0 {
		return strings.Repeat("xx", r.bytes)
	}
	return hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, regs[r.at])[:r.bytes])
}

var errRegister = errors.New("gdb: not a register's bytes")

// set takes a register as GDB prints it. What nobody knows cannot be set.
func (r register) set(regs *cpu.Regs, text string) error {
	if len(text) != 2*r.bytes {
		return errRegister
	}
	if r.at < 0 {
		return nil
	}
	var b [8]byte
	if _, err := hex.Decode(b[:], []byte(text)); err != nil {
		return errRegister
	}
	v := binary.LittleEndian.Uint64(b[:])
	if r.bytes < 8 {
		keep := ^uint64(0) << (8 * r.bytes)
		v |= regs[r.at] & keep
	}
	regs[r.at] = v
	return nil
}
