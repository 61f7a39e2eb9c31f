package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/gomach/mach"
)

// registers are a thread's general registers, or why there are none.
type registers struct {
	id     uint64 // system-wide, 0 if it is not told
	names  []string
	values []uint64
	err    error
}

// read asks for the state of this computer's CPU family. The families number
// their flavors each from 1, so asking for the other's would be answered, with
// something else.
func read(thread mach.ThreadAct) registers {
	var r registers
	if runtime.GOARCH == "arm64" {
		r = readARM(thread)
	} else {
		r = readX86(thread)
	}
	r.id = threadID(thread)
	return r
}

func readX86(thread mach.ThreadAct) (r registers) {
	var s mach.X86ThreadState
	count := mach.X86_THREAD_STATE_COUNT
	r.err = mach.ThreadGetState(thread, mach.X86_THREAD_STATE, mach.State(&s), &count)
	if r.err != nil {
		return r
	}
	if mach.ThreadStateFlavor(s.Tsh.Flavor) == mach.X86_THREAD_STATE32 {
		t := s.Uts.Ts32()
		r.add("eax", t.Eax, "ebx", t.Ebx, "ecx", t.Ecx, "edx", t.Edx, "edi", t.Edi, "esi", t.Esi, "ebp", t.Ebp, "esp", t.Esp,
			"ss", t.Ss, "eflags", t.EFLAGS, "eip", t.Eip, "cs", t.Cs, "ds", t.Ds, "es", t.Es, "fs", t.Fs, "gs", t.Gs)
		return r
	}
	t := s.Uts.Ts64()
	r.add("rax", t.Rax, "rbx", t.Rbx, "rcx", t.Rcx, "rdx", t.Rdx, "rdi", t.Rdi, "rsi", t.Rsi, "rbp", t.Rbp, "rsp", t.Rsp,
		"r8", t.R8, "r9", t.R9, "r10", t.R10, "r11", t.R11, "r12", t.R12, "r13", t.R13, "r14", t.R14, "r15", t.R15,
		"rip", t.Rip, "rflags", t.Rflags, "cs", t.Cs, "fs", t.Fs, "gs", t.Gs)
	return r
}

func readARM(thread mach.ThreadAct) (r registers) {
	var t mach.ARMThreadState64
	count := mach.ARM_THREAD_STATE64_COUNT
	r.err = mach.ThreadGetState(thread, mach.ARM_THREAD_STATE64, mach.State(&t), &count)
	if r.err != nil {
		return r
	}
	for i, x := range t.X {
		r.add(fmt.Sprint("x", i), x)
	}
	r.add("fp", t.Fp, "lr", t.Lr, "sp", t.Sp, "pc", t.PC, "cpsr", t.Cpsr)
	return r
}

// add appends pairs of names and values.
func (r *registers) add(pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		r.names = append(r.names, pairs[i].(string))
		switch v := pairs[i+1].(type) {
		case uint64:
			r.values = append(r.values, v)
		case uint32:
			r.values = append(r.values, uint64(v))
		}
	}
}

func (r *registers) print(w io.Writer, number int) {
	fmt.Fprintf(w, "\nthread %d", number)
	if r.id != 0 {
		fmt.Fprintf(w, " (id %d)", r.id)
	}
	fmt.Fprintln(w)
	if r.err != nil {
		// Threads come and go; a suspended task's only go.
		why := "ended while the process was being dumped"
		if !errors.Is(r.err, mach.KERN_TERMINATED) && !errors.Is(r.err, mach.MACH_SEND_INVALID_DEST) {
			why = "cannot be read: " + r.err.Error()
		}
		fmt.Fprintln(w, "    "+why)
		return
	}
	for i, name := range r.names {
		fmt.Fprintf(w, "    %-6s 0x%016x", name, r.values[i])
		if i%3 == 2 || i == len(r.names)-1 {
			fmt.Fprintln(w)
		}
	}
}

func threadID(thread mach.ThreadAct) uint64 {
	var info mach.ThreadIdentifierInfo
	count := mach.CountOf[mach.ThreadIdentifierInfo]()
	if mach.ThreadInfo(thread, mach.THREAD_IDENTIFIER_INFO, mach.Info(&info), &count) != nil {
		return 0
	}
	return info.ThreadID
}
