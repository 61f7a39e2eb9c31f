//go:build linux && (amd64 || arm64)

package cpu

import (
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// hookState is shared with the assembly hooks: its offsets stand there as numbers. It lives
// outside Go's heap because Unicorn keeps its address.
type hookState struct {
	budget      int64   // 0
	stop        uintptr // 8: uc_emu_stop
	stub        uint64  // 16: the stub that was entered
	interrupt   uint64  // 24: trap number + 1
	invalid     uint64  // 32: set by an instruction that the decoder refused
	instruction uint64  // 40: instructions executed, if they are counted
	block       uint64  // 48: start of the basic block that is being executed
	traced      uint64  // 56: the instruction that is being executed, while traced
	size        uint64  // 64: and its size
	second      uint64  // 72: the instruction after it, which a step stops at
	hostAddr    uint64  // 80: where the host faulted
	hostCode    uint64  // 88: and the processor's error code for it
	busy        uint64  // 96: Go handles a fault
	syscall     uint64  // 104: a system call instruction was executed
	port        uint64  // 112: an input or output instruction was executed
	sysenter    uint64  // 120: another system call instruction was executed
	stepping    uint64  // 128: a step is in progress, see stepHook
	spent       uint64  // 136: the hook of a block stopped the machine
}

// scratch is memory at a fixed address for register exchange.
type scratch struct {
	hooks  hookState
	ids    [40]int32
	values [40]uint64
	ptrs   [40]uintptr
	one    [4]uint64
}

func blockHook()
func stubHook()
func countHook()
func interruptHook()
func invalidHook()
func traceHook()
func syscallHook()
func inHook()
func outHook()
func sysenterHook()
func stepHook()
func hookAddress(n uintptr) uintptr

// Unicorn's hook kinds.
const (
	hookInterrupt   = 1 << 0
	hookInstruction = 1 << 1
	hookCode        = 1 << 2
	hookBlock       = 1 << 3
	hookMemory      = 0x3f << 4 // unmapped and protected reads, writes, fetches
	hookInvalid     = 1 << 14
)

// amd64Instructions are Unicorn's numbers of syscall, in, out and sysenter, which do nothing
// without a hook.
var amd64Instructions = []uintptr{699, 218, 500, 700}

// Machine is one emulated processor. Only the goroutine that runs it may call its methods,
// except Interrupt.
type Machine struct {
	Arch       *Arch
	uc         uintptr
	s          *scratch
	fault      func(address, size uint64, access Prot) bool
	refuse     func(address uint64) bool // makes all memory unreachable for the rest of a block
	counts     bool
	block      uint64  // the block that the fault happened in
	spare      uintptr // all registers at the fault
	probed     *Event  // set while a fault is being located
	missed     Event   // the first fault that the callback refused
	at         Regs    // the registers at that moment
	begun      uint64  // the flags of amd64 when the run began
	loaded     *Context
	locating   atomic.Bool // see locate
	flight     int         // see findFlight
	single     bool        // one instruction is being executed, see Step
	broken     error
	slot       *hostSlot // nil: faults of the host end the runner
	lent       []lent    // pages in the place of others, see hostFault
	conditions conditions
	observer   observer

	translations translations
}

// Context keeps the registers of a thread that is not on the processor: Regs is always
// valid while the thread is stopped, the rest is Unicorn's.
type Context struct {
	Regs  Regs
	saved uintptr
}

// New makes a machine. Its memory is empty.
func New(c Config) (*Machine, error) {
	if err := loadLibrary(); err != nil {
		return nil, err
	}
	page, err := unix.Mmap(-1, 0, int(unsafe.Sizeof(scratch{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	m := &Machine{Arch: c.Arch, s: (*scratch)(unsafe.Pointer(&page[0])), fault: c.Fault, refuse: c.Refuse, counts: c.CountInstructions}
	if err := try(library.open, c.Arch.ucArch, c.Arch.ucMode, uintptr(unsafe.Pointer(&m.s.one[0]))); err != nil {
		return nil, fmt.Errorf("uc_open: %w", err)
	}
	m.uc = uintptr(m.s.one[0])
	limited := m.limitTranslations()
	regions, regionsErr := executableRegions()
	m.enrol()
	// UC_CTL_CPU_MODEL, one argument, write
	if err := try(library.ctl, m.uc, 7|1<<26|1<<30, c.Arch.ucModel); err != nil {
		return nil, fmt.Errorf("choosing the CPU model: %w", err)
	}
	m.s.hooks.stop = library.stop
	for i, id := range c.Arch.Registers {
		m.s.ids[i] = id
		m.s.ptrs[i] = uintptr(unsafe.Pointer(&m.s.values[i]))
	}
	for _, v := range c.Arch.Setup {
		m.SetRegister(v.Register, v.Value)
	}
	if err := try(library.contextAlloc, m.uc, uintptr(unsafe.Pointer(&m.s.one[0]))); err != nil {
		return nil, err
	}
	m.spare = uintptr(m.s.one[0])
	if !limited && regionsErr == nil {
		m.watchTranslations(regions)
	}
	if err := m.addHooks(c); err != nil {
		return nil, err
	}
	if err := m.dropPrivileges(); err != nil {
		return nil, err
	}
	if err := m.findFlight(); err != nil {
		return nil, err
	}
	return m, m.findConditions()
}

func (m *Machine) addHooks(c Config) error {
	state := uintptr(unsafe.Pointer(&m.s.hooks))
	add := func(kind, fn uintptr, begin, end uint64) error {
		return try(library.hookAdd, m.uc, uintptr(unsafe.Pointer(&m.s.one[0])), kind, fn, state, uintptr(begin), uintptr(end))
	}
	// The order matters: a counted instruction in a stub is counted before the stub stops.
	if c.CountInstructions {
		if err := add(hookCode, hookAddress(2), 1, 0); err != nil {
			return err
		}
	}
	if err := add(hookBlock, hookAddress(1), c.StubStart, c.StubEnd-1); err != nil {
		return err
	}
	if err := add(hookBlock, hookAddress(0), 1, 0); err != nil {
		return err
	}
	if err := add(hookInterrupt, hookAddress(3), 1, 0); err != nil {
		return err
	}
	if err := add(hookInvalid, hookAddress(4), 1, 0); err != nil {
		return err
	}
	if c.Arch == AMD64 {
		for i, instruction := range amd64Instructions {
			if err := try(library.hookAdd, m.uc, uintptr(unsafe.Pointer(&m.s.one[0])), hookInstruction, hookAddress(uintptr(7+i)), state, 1, 0, instruction); err != nil {
				return err
			}
		}
	}
	return add(hookMemory, purego.NewCallback(m.onFault), 1, 0)
}

// onFault is called by Unicorn in the middle of a memory access.
func (m *Machine) onFault(uc, kind, address, size, value, data uintptr) (handled uintptr) {
	m.s.hooks.busy = 1
	defer func() {
		m.s.hooks.busy = 0
		if p := recover(); p != nil {
			m.broken = fmt.Errorf("handling a guest memory fault: %v", p)
			handled = 0
		}
	}()
	access := accessOf(uint32(kind))
	if m.probed != nil {
		if m.probed.Stop != StopMemory {
			*m.probed = Event{Stop: StopMemory, Address: uint64(address), Access: accessOf(uint32(kind))}
		}
		return 0
	}
	if m.missed.Stop == StopMemory {
		return 0 // Unicorn 2.0 finishes the block after a store that failed; nothing of that may take effect
	}
	n := uint64(uint32(size))
	if n == 0 || n > 64 {
		n = 1
	}
	if m.fault != nil && m.fault(uint64(address), n, access) {
		return 1
	}
	m.miss(Event{Stop: StopMemory, Address: uint64(address), Access: access})
	return 0
}

// miss keeps what is known of the first fault of a run, in the middle of the access.
func (m *Machine) miss(ev Event) {
	m.missed = ev
	m.readRegs(&m.at)
	m.block = m.s.hooks.block
	call(library.contextSave, m.uc, m.spare)
	if m.refuse != nil && !m.refuse(ev.Address) && ev.Host {
		m.broken = fmt.Errorf("a fault of the host at %#x, which is not the guest's", ev.Address)
	}
}

// Register reads one register by Unicorn's number.
func (m *Machine) Register(id int32) uint64 {
	m.s.one[0] = 0
	call(library.regRead, m.uc, uintptr(id), uintptr(unsafe.Pointer(&m.s.one[0])))
	return m.s.one[0]
}

// SetRegister writes one register by Unicorn's number.
func (m *Machine) SetRegister(id int32, v uint64) {
	m.s.one = [4]uint64{v}
	call(library.regWrite, m.uc, uintptr(id), uintptr(unsafe.Pointer(&m.s.one[0])))
}

// NewContext makes a register file with everything as the processor has it now.
func (m *Machine) NewContext() (*Context, error) {
	if err := try(library.contextAlloc, m.uc, uintptr(unsafe.Pointer(&m.s.one[0]))); err != nil {
		return nil, fmt.Errorf("allocating a thread's registers: %w", err)
	}
	c := &Context{saved: uintptr(m.s.one[0])}
	call(library.contextSave, m.uc, c.saved)
	return c, nil
}

// Free releases a context; it must not be used again.
func (m *Machine) Free(c *Context) {
	if m.loaded == c {
		m.loaded = nil
	}
	call(library.free, c.saved)
	c.saved = 0
}

// load puts a thread on the processor.
func (m *Machine) load(c *Context) {
	if m.loaded == c {
		return
	}
	if m.loaded != nil {
		call(library.contextSave, m.uc, m.loaded.saved)
	}
	call(library.contextRestore, m.uc, c.saved)
	m.loaded = c
}

// Vector reads vector register n of a thread.
func (m *Machine) Vector(c *Context, n int) (v [2]uint64) {
	m.load(c)
	m.s.one = [4]uint64{}
	call(library.regRead, m.uc, uintptr(m.Arch.Vector0)+uintptr(n), uintptr(unsafe.Pointer(&m.s.one[0])))
	return [2]uint64{m.s.one[0], m.s.one[1]}
}

// SetVector writes vector register n of a thread.
func (m *Machine) SetVector(c *Context, n int, v [2]uint64) {
	m.load(c)
	m.s.one = [4]uint64{v[0], v[1]}
	call(library.regWrite, m.uc, uintptr(m.Arch.Vector0)+uintptr(n), uintptr(unsafe.Pointer(&m.s.one[0])))
}

// ThreadRegister reads a register that is not in Regs.
func (m *Machine) ThreadRegister(c *Context, id int32) uint64 {
	m.load(c)
	return m.Register(id)
}

// SetThreadRegister writes a register that is not in Regs.
func (m *Machine) SetThreadRegister(c *Context, id int32, v uint64) {
	m.load(c)
	m.SetRegister(id, v)
}

// Copy makes dst's registers those of src.
func (m *Machine) Copy(dst, src *Context) {
	m.load(src)
	call(library.contextSave, m.uc, dst.saved)
	dst.Regs = src.Regs
}

// Run executes the thread until something happens, at most for budget basic blocks.
func (m *Machine) Run(c *Context, budget int64) (Event, error) {
	ev, err := m.run(c, budget)
	if err == nil && ev.Stop == StopBudget && m.s.hooks.spent != 0 {
		// The hook of a block stopped the machine before the block's first instruction. With
		// instructions hooked Unicorn leaves the program counter at the jump that led here,
		// which would be executed twice. What it has translated for a step may stay behind, so
		// that this can happen where none are hooked any more. (The budget would not tell: an
		// Interrupt may have set it since.)
		c.Regs[m.Arch.PC] = m.s.hooks.block
	}
	return ev, err
}

func (m *Machine) run(c *Context, budget int64) (Event, error) {
	m.reclaim()
	m.load(c)
	h := &m.s.hooks
	n := len(m.Arch.Registers)
	copy(m.s.values[:n], c.Regs[:n])
	if m.Arch.Flags >= 0 {
		m.begun = c.Regs[m.Arch.Flags]
	}
	call(library.regWriteBatch, m.uc, uintptr(unsafe.Pointer(&m.s.ids[0])), uintptr(unsafe.Pointer(&m.s.ptrs[0])), uintptr(n))
	atomic.StoreInt64(&h.budget, budget)
	h.stub, h.interrupt, h.invalid, h.syscall, h.port, h.sysenter, h.spent = 0, 0, 0, 0, 0, 0, 0
	m.missed = Event{}
	e := m.start(c.Regs[m.Arch.PC], math.MaxUint64)
	m.readRegs(&c.Regs)
	if m.broken != nil {
		return Event{}, m.broken
	}
	switch {
	case m.missed.Stop == StopMemory: // first: a block goes on after a failed store, even into a stub
		m.restoreFault(c)
		m.giveBack()
		return m.missed, nil
	case h.stub != 0:
		return Event{Stop: StopCall, Address: h.stub}, nil
	case h.syscall != 0:
		return Event{Stop: StopSyscall, Address: c.Regs[m.Arch.PC]}, nil
	case h.port != 0:
		c.Regs[m.Arch.PC] -= portInstruction(c.Regs[m.Arch.PC])
		return Event{Stop: StopOther, Code: generalProtection, Address: c.Regs[m.Arch.PC]}, nil
	case h.sysenter != 0:
		c.Regs[m.Arch.PC] -= 2
		return Event{Stop: StopUndefined, Address: c.Regs[m.Arch.PC]}, nil
	case h.interrupt != 0:
		m.land()
		code := uint32(h.interrupt - 1)
		return Event{Stop: m.Arch.Classify(code), Code: code, Address: c.Regs[m.Arch.PC]}, nil
	case h.invalid != 0 || e == 10: // UC_ERR_INSN_INVALID
		return Event{Stop: StopUndefined, Address: c.Regs[m.Arch.PC]}, nil
	case e != 0:
		return Event{Stop: StopOther, Code: e, Address: c.Regs[m.Arch.PC]}, nil
	}
	return Event{Stop: StopBudget}, nil
}

func (m *Machine) readRegs(r *Regs) {
	n := len(m.Arch.Registers)
	call(library.regReadBatch, m.uc, uintptr(unsafe.Pointer(&m.s.ids[0])), uintptr(unsafe.Pointer(&m.s.ptrs[0])), uintptr(n))
	copy(r[:n], m.s.values[:n])
}

// Interrupt makes a running Run come back soon. Any goroutine may call it.
func (m *Machine) Interrupt() {
	if !m.locating.Load() { // a Run that looks for a fault's place is about to come back
		atomic.StoreInt64(&m.s.hooks.budget, 0)
	}
}

// Instructions is the number of guest instructions executed so far, if they are counted.
func (m *Machine) Instructions() uint64 { return m.s.hooks.instruction }

// Map lets the guest use memory of this process at the same address.
func (m *Machine) Map(address, size uint64, prot Prot) error {
	setPlain(address, size, prot&(ProtWrite|ProtExec) == ProtWrite)
	if err := try(library.memMapPtr, m.uc, uintptr(address), uintptr(size), uintptr(prot), uintptr(address)); err != nil {
		return fmt.Errorf("mapping %#x+%#x: %w", address, size, err)
	}
	return nil
}

// Unmap takes a range away that Map gave, or a part of it.
func (m *Machine) Unmap(address, size uint64) error {
	setPlain(address, size, false)
	return try(library.memUnmap, m.uc, uintptr(address), uintptr(size))
}

// ForgetCode drops translations of code in a range that something other than the guest wrote.
func (m *Machine) ForgetCode(address, size uint64) {
	// UC_CTL_TB_REMOVE_CACHE, two arguments, write
	call(library.ctl, m.uc, 9|2<<26|1<<30, uintptr(address), uintptr(address+size))
}
