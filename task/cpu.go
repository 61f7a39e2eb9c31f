package task

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/gomach/mach"
)

// facts are what does not change while a task lives: exec gives the process
// another task. 0 is not known yet.
type facts struct {
	cpu  atomic.Int32
	bits atomic.Int32
}

// ownCPU is the family that this program was compiled for.
var ownCPU = func() mach.CPUType {
	switch runtime.GOARCH {
	case "arm64":
		return mach.CPU_TYPE_ARM64
	case "amd64":
		return mach.CPU_TYPE_X86_64
	}
	return mach.CPU_TYPE_ANY
}()

// CPU is the CPU family that the task's program was compiled for, such as
// [mach.CPU_TYPE_ARM64]. It may be another than the caller's: on Apple silicon,
// Rosetta runs programs for Intel; on Linux, a program may have 32 bits. It is read
// once, from the program's Mach-O header in its memory, or on Linux from its ELF
// file, and is the caller's where that cannot be read.
//
// It fails with [ErrNotMachO] on Darwin if the task has no program in its memory.
// The read port will do.
//
// Mach calls: mach_vm_region_recurse and mach_vm_read_overwrite on Darwin,
// pid_for_task elsewhere.
func (t *Task) CPU() (mach.CPUType, error) {
	if t == nil {
		_, err := t.use()
		return 0, err
	}
	if t.self {
		return ownCPU, nil
	}
	if c := t.root().facts.cpu.Load(); c != 0 {
		return mach.CPUType(c), nil
	}
	c, err := programCPU(t)
	if err == nil {
		t.root().facts.cpu.Store(int32(c))
	}
	return c, err
}

// findCPU looks for the program among the first regions of a task: it lies at
// the lowest address, behind the page zero, and is there before dyld has run.
func findCPU(t *Task) (mach.CPUType, error) {
	const mostRegions = 1024
	n := 0
	for r, err := range t.Regions() {
		if err != nil {
			return 0, err
		}
		if n++; n > mostRegions {
			break
		}
		if r.Submap || r.Protection&mach.VM_PROT_READ == 0 {
			continue
		}
		if c, ok := programAt(t, r.Address); ok {
			return c, nil
		}
	}
	return 0, fmt.Errorf("task: no program found: %w", ErrNotMachO)
}

// programAt reads the CPU from the header of a program, and of nothing else.
func programAt(r MemoryReader, addr uint64) (mach.CPUType, bool) {
	const program = 2 // MH_EXECUTE
	var head [16]byte // magic, CPU type and subtype, kind of file
	if n, _ := r.ReadMemory(head[:], addr); n < len(head) {
		return 0, false
	}
	magic := binary.LittleEndian.Uint32(head[:])
	if magic != machO64 && magic != machO32 || binary.LittleEndian.Uint32(head[12:]) != program {
		return 0, false
	}
	return mach.CPUType(binary.LittleEndian.Uint32(head[4:])), true
}

// elfCPU reads the CPU from the first bytes of an ELF file (elf(5): e_machine).
// It is false for machines that Mach has no number for.
func elfCPU(head []byte) (mach.CPUType, bool) {
	const machine = 18
	if len(head) < machine+2 || string(head[:4]) != elfMagic {
		return 0, false
	}
	switch binary.LittleEndian.Uint16(head[machine:]) {
	case 3: // EM_386
		return mach.CPU_TYPE_X86, true
	case 62: // EM_X86_64
		return mach.CPU_TYPE_X86_64, true
	case 40: // EM_ARM
		return mach.CPU_TYPE_ARM, true
	case 183: // EM_AARCH64
		return mach.CPU_TYPE_ARM64, true
	}
	return 0, false
}
