//go:build linux && (amd64 || arm64)

package cpu

import (
	"encoding/binary"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// QEMU computes the arithmetic flags of amd64 when somebody asks for them: it keeps the last
// result, its operands, and which operation made them, and that last one is written at the end
// of a basic block only. At a fault in the middle of a block the operation is the one that the
// block began with. Asked for the flags then, Unicorn makes them of the wrong operation, and
// what it gives may be any number, with flags of the system in it.
//
// No register stands for those numbers, but the copies that uc_context_save makes have them.
// Their place is found once for each machine. The operation is found by a second processor,
// which executes the block up to the fault with memory that means nothing: of that only the
// operation is taken. Where it depends on what is computed, as after a shift by a count that may be
// zero, QEMU writes it at once, and the one of the fault is right. So the block is executed
// twice, with all different.

// Flags of the processor (Intel's manual, volume 1, 3.4.3).
const (
	arithmeticFlags = 0x8d5 // CF, PF, AF, ZF, SF, OF
	directionFlag   = 0x400
)

// conditions are the places in a saved context, counted in words of 32 bits: the flags but for the
// arithmetic ones and that of the direction, the operation, the direction (1 or -1).
type conditions struct {
	flags, operation, direction int
	shadow                      *shadow
}

// Behind the sixteen registers stand the program counter, the flags, three numbers for the
// conditions, the operation, and the direction.
const (
	afterRegisters   = 32
	placeFlags       = afterRegisters + 2
	placeSource      = afterRegisters + 6
	placeOperation   = afterRegisters + 10
	placeDirection   = afterRegisters + 11
	operationIsFlags = 1 // the flags are the source
)

// findConditions finds the places, or leaves them zero.
func (m *Machine) findConditions() error {
	if m.Arch != AMD64 {
		return nil
	}
	clean, err := m.NewContext()
	if err != nil {
		return err
	}
	defer m.Free(clean)
	c, err := m.NewContext()
	if err != nil {
		return err
	}
	defer m.Free(c)
	defer call(library.contextRestore, m.uc, clean.saved)
	value := func(i int) uint64 { return 0x1234567800000000 | uint64(i)*0x01010101 }
	order := []int32{35, 38, 40, 37, 44, 36, 43, 39, 106, 107, 108, 109, 110, 111, 112, 113} // rax rcx rdx rbx rsp rbp rsi rdi r8 ...
	for i, id := range order {
		m.SetRegister(id, value(i))
	}
	flags := m.Arch.Registers[m.Arch.Flags]
	set := func(v uint64) []int32 {
		m.SetRegister(flags, v)
		call(library.contextSave, m.uc, c.saved)
		return m.words(c)
	}
	w := set(0x202 | 0x41)
	at := -1
	for i := 0; i+placeDirection < len(w); i++ {
		same := true
		for n := range order {
			same = same && word64(w, i+2*n) == value(n)
		}
		if same && at >= 0 {
			return nil // more than one such place: not what we know
		}
		if same {
			at = i
		}
	}
	known := func(v uint64, direction int32) bool {
		w := set(v)
		return w[at+placeOperation] == operationIsFlags && word64(w, at+placeSource) == v&arithmeticFlags &&
			(word64(w, at+placeFlags)^v)&^(arithmeticFlags|directionFlag|2) == 0 && w[at+placeDirection] == direction
	}
	if at >= 0 && known(0x202|0x41, 1) && known(0x202|0x880, 1) && known(0x202|directionFlag, -1) {
		m.conditions = conditions{flags: at + placeFlags, operation: at + placeOperation, direction: at + placeDirection}
	}
	return nil
}

func word64(w []int32, i int) uint64 { return uint64(uint32(w[i])) | uint64(uint32(w[i+1]))<<32 }

// systemFlags are those of the fault that are right whatever the operation was; was are those
// that the run began with.
func (m *Machine) systemFlags(was uint64) uint64 {
	if m.conditions.operation == 0 {
		return was
	}
	w := m.words(&Context{saved: m.spare})
	v := word64(w, m.conditions.flags)&^(arithmeticFlags|directionFlag) | 2
	if w[m.conditions.direction] < 0 {
		v |= directionFlag
	}
	return v
}

// settle makes the operation of the fault's registers that of the instruction that faulted.
func (m *Machine) settle(at uint64) {
	// When the next block is not there, this one has ended as it should.
	if m.conditions.operation == 0 || m.missed.Access == ProtExec || at <= m.block || at-m.block > longestBlock {
		return
	}
	w := m.words(&Context{saved: m.spare})
	if op, ok := m.operation(at, w[m.conditions.operation]); ok {
		w[m.conditions.operation] = op
	} else { // as they were when the block began is not to be had any more
		w[m.conditions.operation] = operationIsFlags
		i := m.conditions.flags - placeFlags + placeSource
		w[i], w[i+1] = 0, 0
	}
}

// operation is what the instructions of the block before an address leave behind, the block
// having begun with another one.
func (m *Machine) operation(at uint64, before int32) (op int32, known bool) {
	if m.conditions.shadow == nil {
		if m.conditions.shadow = newShadow(m); m.conditions.shadow == nil {
			return 0, false
		}
	}
	s := m.conditions.shadow
	op, known = s.run(m, at, false)
	if known {
		var other int32
		if other, known = s.run(m, at, true); other != op {
			op = before
		}
	}
	// On arm64 all processors leave their translations by the end of the code of the one
	// that was made last (tb_ret_addr of tcg/aarch64 in Unicorn 2.0), so that one stays.
	if (!known || s.work > mostWork) && runtime.GOARCH != "arm64" {
		s.close() // what it has translated goes with it
		m.conditions.shadow = nil
	}
	return op, known
}

// shadow is a processor without memory of its own but for a page, which is at every address.
type shadow struct {
	uc, saved uintptr
	page      []byte
	code      []byte   // see entrance
	mapped    []uint64 // where
	work      uint64   // what it has translated, in bytes, roughly
}

var (
	shadows     sync.Map // uc to *shadow
	shadowFault = sync.OnceValue(func() uintptr {
		return purego.NewCallback(func(uc, kind, address, size, value, data uintptr) uintptr {
			s, ok := shadows.Load(uc)
			if !ok || accessOf(uint32(kind)) == ProtExec {
				return 0
			}
			return s.(*shadow).fault(uint64(address), max(uint64(uint32(size)), 1))
		})
	})
)

const (
	shadowPage = 4096
	mostWork   = 100 << 10
)

func newShadow(m *Machine) *shadow {
	page, err := unix.Mmap(-1, 0, shadowPage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	code, err := unix.Mmap(-1, 0, shadowPage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		_ = unix.Munmap(page)
		return nil
	}
	s := &shadow{page: page, code: code}
	var out [1]uint64
	at := uintptr(unsafe.Pointer(&m.s.one[0]))
	get := func(fn uintptr, args ...uintptr) bool {
		ok := try(fn, append(args, at)...) == nil
		out[0] = m.s.one[0]
		return ok
	}
	if !get(library.open, AMD64.ucArch, AMD64.ucMode) {
		_, _ = unix.Munmap(page), unix.Munmap(code)
		return nil
	}
	s.uc = uintptr(out[0])
	call(library.ctl, s.uc, 13|1<<26|1<<30, 1<<20) // UC_CTL_TCG_BUFFER_SIZE, where there is such a thing
	shadows.Store(s.uc, s)
	if try(library.ctl, s.uc, 7|1<<26|1<<30, AMD64.ucModel) != nil || !get(library.contextAlloc, s.uc) {
		s.close()
		return nil
	}
	s.saved = uintptr(out[0])
	if try(library.hookAdd, s.uc, at, hookMemory, shadowFault(), 0, 1, 0) != nil ||
		try(library.memMapPtr, s.uc, entrances, shadowPage, uintptr(ProtRead|ProtExec), uintptr(unsafe.Pointer(&code[0]))) != nil {
		s.close()
		return nil
	}
	return s
}

func (s *shadow) fault(address, size uint64) uintptr {
	for p := address &^ (shadowPage - 1); p <= address+size-1 && p >= address&^(shadowPage-1); p += shadowPage {
		err := try(library.memMapPtr, s.uc, uintptr(p), shadowPage, uintptr(ProtRead|ProtWrite), uintptr(unsafe.Pointer(&s.page[0])))
		if err != nil && p == address&^(shadowPage-1) {
			return 0
		}
		if err == nil {
			s.mapped = append(s.mapped, p)
		}
	}
	return 1
}

// run executes a block of the machine up to an address, with the registers that it has and zeros in
// memory, or with other ones. What it begins with in the place of the operation differs between the
// two as well.
func (s *shadow) run(m *Machine, at uint64, other bool) (op int32, ok bool) {
	s.work += 16 + at - m.block
	clear(s.page)
	if other {
		for i := range s.page {
			s.page[i] = 1
		}
	}
	defer func() {
		for _, p := range s.mapped {
			call(library.memUnmap, s.uc, uintptr(p), shadowPage)
		}
		s.mapped = s.mapped[:0]
	}()
	low, high := m.block&^(shadowPage-1), (at+longestInstruction)|(shadowPage-1)
	for p := low; p < high; p += shadowPage {
		// The last page may not be there: then no instruction reaches into it.
		if try(library.memMapPtr, s.uc, uintptr(p), shadowPage, uintptr(ProtRead|ProtExec), uintptr(p)) == nil {
			s.mapped = append(s.mapped, p)
		}
	}
	for i, id := range m.Arch.Registers {
		if i != m.Arch.Flags && i != m.Arch.PC {
			m.s.one = [4]uint64{m.at[i]}
			if other {
				m.s.one[0] = 0x10101
			}
			call(library.regWrite, s.uc, uintptr(id), uintptr(unsafe.Pointer(&m.s.one[0])))
		}
	}
	if call(library.start, s.uc, uintptr(s.entrance(m.block, other)), uintptr(at), 0, 0) != 0 {
		return 0, false
	}
	m.s.one = [4]uint64{}
	call(library.regRead, s.uc, uintptr(m.Arch.Registers[m.Arch.PC]), uintptr(unsafe.Pointer(&m.s.one[0])))
	call(library.contextSave, s.uc, s.saved)
	return m.words(&Context{saved: s.saved})[m.conditions.operation], m.s.one[0] == at
}

// entrances is where a shadow has its own code: far from what guests have.
const entrances = 0x7fff_1234_0000

// entrance is the address of code that leads to a block. A run of QEMU's begins with the flags as the
// source, whatever was before, so it is this code that leaves another operation: a comparison or a
// test. If the block ends with it, it has changed no flags.
func (s *shadow) entrance(block uint64, other bool) uint64 {
	const target, second = 64, 32
	b := s.code
	copy(b, []byte{0x3c, 0, 0xff, 0x25, target - 8, 0, 0, 0})                            // cmp al, 0; jmp [target]
	copy(b[second:], []byte{0x48, 0x85, 0xc0, 0xff, 0x25, target - second - 9, 0, 0, 0}) // test rax, rax; jmp [target]
	binary.LittleEndian.PutUint64(b[target:], block)
	if other {
		return entrances + second
	}
	return entrances
}

func (s *shadow) close() {
	if s.saved != 0 {
		call(library.free, s.saved)
	}
	shadows.Delete(s.uc)
	call(library.close, s.uc)
	_, _ = unix.Munmap(s.page), unix.Munmap(s.code)
}
