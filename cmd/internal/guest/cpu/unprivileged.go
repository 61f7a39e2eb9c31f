//go:build linux && (amd64 || arm64)

package cpu

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Unicorn begins as a kernel would: at privilege level 0 and exception level 1. Programs run
// without privileges, so that instructions which only kernels may use raise what they raise
// under Darwin. No register of Unicorn's interface changes the level with all that hangs on
// it; so the machine begins with a program that gives its privileges away, and every thread's
// registers are copies of what it leaves behind.

// leaveARM64 lets programs do what Darwin does (clear cache lines, invalidate instructions,
// read the cache type and the counter) and returns to exception level 0.
var leaveARM64 = []uint32{
	0xd5381000,             // mrs x0, sctlr_el1
	0xd2980001, 0xf2a080a1, // mov x1, UCT | DZE | nTWI | nTWE | UCI
	0xaa010000, // orr x0, x0, x1
	0xd5181000, // msr sctlr_el1, x0
	0xd538e100, // mrs x0, cntkctl_el1
	0xb27f0000, // orr x0, x0, EL0VCTEN
	0xd518e100, // msr cntkctl_el1, x0
	0xd518401f, // msr spsr_el1, xzr
	0x10000060, // adr x0, the last one
	0xd5184020, // msr elr_el1, x0
	0xd69f03e0, // eret
	0xd4001001, // svc 0x80
}

// leaveAMD64 loads a table of segments and returns to level 3. The selectors are those of
// Darwin's 64-bit programs.
var leaveAMD64 = []byte{
	0x0f, 0x01, 0x15, 0x40, 0, 0, 0, // lgdt [rip + 64]
	0x6a, 0x23, // push the selector of the stack
	0x48, 0x8d, 0x44, 0x24, 0x08, 0x50, // lea rax, [rsp + 8]; push rax
	0x9c,       // pushfq
	0x6a, 0x2b, // push the selector of the code
	0x48, 0x8d, 0x05, 0x03, 0, 0, 0, 0x50, // lea rax, [rip + 3]; push rax
	0x48, 0xcf, // iretq
	0xcc, // int3
}

// dropPrivileges executes that program in a page of its own.
func (m *Machine) dropPrivileges() error {
	const size, stack, table, pointer = 4096, 2048, 3072, 71
	page, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Munmap(page) }()
	at := uint64(uintptr(unsafe.Pointer(&page[0])))
	le, want := binary.LittleEndian, StopSyscall
	if m.Arch == ARM64 {
		for i, v := range leaveARM64 {
			le.PutUint32(page[4*i:], v)
		}
	} else {
		want = StopBreakpoint
		copy(page, leaveAMD64)
		le.PutUint64(page[table+8*4:], 0x00cff3000000ffff) // data, level 3
		le.PutUint64(page[table+8*5:], 0x00affb000000ffff) // 64-bit code, level 3
		le.PutUint16(page[pointer:], 8*6-1)
		le.PutUint64(page[pointer+2:], at+table)
	}
	if err := m.Map(at, size, ProtRead|ProtWrite|ProtExec); err != nil {
		return err
	}
	defer func() {
		m.ForgetCode(at, size)
		_ = m.Unmap(at, size)
	}()
	c, err := m.NewContext()
	if err != nil {
		return err
	}
	defer m.Free(c)
	c.Regs[m.Arch.PC], c.Regs[m.Arch.SP] = at, at+stack
	ev, err := m.run(c, 100)
	if err == nil && ev.Stop != want {
		err = fmt.Errorf("the processor would not give its privileges away: %v at %#x", ev.Stop, c.Regs[m.Arch.PC]-at)
	}
	m.s.hooks.instruction = 0
	return err
}
