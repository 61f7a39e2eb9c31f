package conformance_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gomach/mach"
)

// ownProcess performs the operations of package recorded by the public
// functions.
type ownProcess struct {
	base   uint64        // where the memory of the language is
	handed []uint64      // arrays that the last call gave
	done   chan struct{} // closed when a sequence has ended
}

const languageMemory, languageSize = 0x100000000, 1 << 20

func newProcess() *ownProcess {
	p := &ownProcess{base: 0x300000000000} // where nobody else asks for memory
	if mach.MachVMAllocate(self(), &p.base, languageSize, mach.VM_FLAGS_FIXED) != nil {
		if err := mach.MachVMAllocate(self(), &p.base, languageSize, mach.VM_FLAGS_ANYWHERE); err != nil {
			panic(err)
		}
	}
	return p
}

func (p *ownProcess) Self() uint32 { return uint32(self()) }

func (p *ownProcess) Address(addr uint64) uint64 {
	if addr >= languageMemory && addr < languageMemory+languageSize {
		return addr - languageMemory + p.base
	}
	return addr
}

var errOutside = errors.New("outside of the memory")

func (p *ownProcess) Read(b []byte, addr uint64) error {
	if addr == 0 {
		return errOutside
	}
	copy(b, view(p.Address(addr), len(b)))
	return nil
}

func (p *ownProcess) Write(addr uint64, b []byte) error {
	to := p.Address(addr)
	if to < p.base || to+uint64(len(b)) > p.base+languageSize {
		return errOutside
	}
	copy(view(to, len(b)), b)
	return nil
}

// ptr is an argument that points into the memory.
func ptr[T any](addr uint64) *T { return at[T](addr) }

// word is a 32-bit argument of some type.
func word[T ~uint32 | ~int32](v uint64) T { return T(uint32(v)) }

func (p *ownProcess) Call(name string, args ...uint64) mach.KernReturn {
	for _, a := range p.handed {
		mach.MachVMDeallocate(self(), a, page())
	}
	p.handed = p.handed[:0]
	a := make([]uint64, 12)
	for i, v := range args {
		a[i] = p.Address(v)
	}
	f := functions[name]
	if f == nil {
		panic("no function " + name)
	}
	if name == "mach_thread_self" {
		return mach.KernReturn(mach.MachThreadSelf())
	}
	kr := codeOf(f(a))
	if strings.HasPrefix(name, "mach_msg") {
		p.mend()
	}
	if kr == 0 {
		switch name {
		case "mach_port_names":
			p.handed = append(p.handed, *ptr[uint64](a[1]), *ptr[uint64](a[3]))
		case "mach_port_get_set_status":
			p.handed = append(p.handed, *ptr[uint64](a[2]))
		}
	}
	return kr
}

// mend makes memory again that a message has taken with it.
func (p *ownProcess) mend() {
	for at := p.base; at < p.base+languageSize; {
		addr, size := at, uint64(0)
		var info mach.VMRegionBasicInfo64
		count, object := mach.VM_REGION_BASIC_INFO_COUNT_64, none
		err := mach.MachVMRegion(self(), &addr, &size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &count, &object)
		if end := p.base + languageSize; err != nil || addr > end {
			addr = end
		}
		if addr > at {
			if err := mach.MachVMAllocate(self(), &at, addr-at, mach.VM_FLAGS_FIXED); err != nil {
				panic(err)
			}
		}
		at = addr + size
	}
}

type name = mach.MachPortName

// functions by their C names, with their arguments as words.
var functions = map[string]func(a []uint64) error{
	"mach_thread_self": func([]uint64) error { return nil },
	"mach_msg": func(a []uint64) error {
		return mach.MachMsg(ptr[mach.MachMsgHeader](a[0]), word[mach.MachMsgOption](a[1]), word[mach.MachMsgSize](a[2]), word[mach.MachMsgSize](a[3]), name(a[4]), word[mach.MachMsgTimeout](a[5]), name(a[6]))
	},
	"mach_msg_overwrite": func(a []uint64) error {
		return mach.MachMsgOverwrite(ptr[mach.MachMsgHeader](a[0]), word[mach.MachMsgOption](a[1]), word[mach.MachMsgSize](a[2]), word[mach.MachMsgSize](a[3]), name(a[4]), word[mach.MachMsgTimeout](a[5]), name(a[6]), ptr[mach.MachMsgHeader](a[7]), word[mach.MachMsgSize](a[8]))
	},
	"mach_port_allocate": func(a []uint64) error {
		return mach.MachPortAllocate(name(a[0]), word[mach.MachPortRight](a[1]), ptr[name](a[2]))
	},
	"mach_port_allocate_name": func(a []uint64) error {
		return mach.MachPortAllocateName(name(a[0]), word[mach.MachPortRight](a[1]), name(a[2]))
	},
	"mach_port_deallocate": func(a []uint64) error { return mach.MachPortDeallocate(name(a[0]), name(a[1])) },
	"mach_port_destroy":    func(a []uint64) error { return mach.MachPortDestroy(name(a[0]), name(a[1])) },
	"mach_port_mod_refs": func(a []uint64) error {
		return mach.MachPortModRefs(name(a[0]), name(a[1]), word[mach.MachPortRight](a[2]), word[mach.MachPortDelta](a[3]))
	},
	"mach_port_names": func(a []uint64) error {
		return mach.MachPortNames(name(a[0]), ptr[*name](a[1]), ptr[mach.MachMsgTypeNumber](a[2]), ptr[*mach.MachPortType_t](a[3]), ptr[mach.MachMsgTypeNumber](a[4]))
	},
	"mach_port_type": func(a []uint64) error {
		return mach.MachPortType(name(a[0]), name(a[1]), ptr[mach.MachPortType_t](a[2]))
	},
	"mach_port_get_refs": func(a []uint64) error {
		return mach.MachPortGetRefs(name(a[0]), name(a[1]), word[mach.MachPortRight](a[2]), ptr[mach.MachPortUrefs](a[3]))
	},
	"mach_port_get_attributes": func(a []uint64) error {
		return mach.MachPortGetAttributes(name(a[0]), name(a[1]), word[mach.MachPortFlavor](a[2]), ptr[mach.Integer](a[3]), ptr[mach.MachMsgTypeNumber](a[4]))
	},
	"mach_port_set_attributes": func(a []uint64) error {
		return mach.MachPortSetAttributes(name(a[0]), name(a[1]), word[mach.MachPortFlavor](a[2]), ptr[mach.Integer](a[3]), word[mach.MachMsgTypeNumber](a[4]))
	},
	"mach_port_get_context": func(a []uint64) error {
		return mach.MachPortGetContext(name(a[0]), name(a[1]), ptr[mach.MachPortContext](a[2]))
	},
	"mach_port_set_context": func(a []uint64) error {
		return mach.MachPortSetContext(name(a[0]), name(a[1]), mach.MachPortContext(a[2]))
	},
	"mach_port_insert_right": func(a []uint64) error {
		return mach.MachPortInsertRight(name(a[0]), name(a[1]), name(a[2]), word[mach.MachMsgTypeName](a[3]))
	},
	"mach_port_extract_right": func(a []uint64) error {
		return mach.MachPortExtractRight(name(a[0]), name(a[1]), word[mach.MachMsgTypeName](a[2]), ptr[name](a[3]), ptr[mach.MachMsgTypeName](a[4]))
	},
	"mach_port_insert_member":  func(a []uint64) error { return mach.MachPortInsertMember(name(a[0]), name(a[1]), name(a[2])) },
	"mach_port_extract_member": func(a []uint64) error { return mach.MachPortExtractMember(name(a[0]), name(a[1]), name(a[2])) },
	"mach_port_move_member":    func(a []uint64) error { return mach.MachPortMoveMember(name(a[0]), name(a[1]), name(a[2])) },
	"mach_port_request_notification": func(a []uint64) error {
		return mach.MachPortRequestNotification(name(a[0]), name(a[1]), word[mach.MachMsgID](a[2]), word[mach.MachPortMscount](a[3]), name(a[4]), word[mach.MachMsgTypeName](a[5]), ptr[name](a[6]))
	},
	"mach_port_set_mscount": func(a []uint64) error {
		return mach.MachPortSetMscount(name(a[0]), name(a[1]), word[mach.MachPortMscount](a[2]))
	},
	"mach_port_set_seqno": func(a []uint64) error {
		return mach.MachPortSetSeqno(name(a[0]), name(a[1]), word[mach.MachPortSeqno](a[2]))
	},
	"mach_port_guard": func(a []uint64) error {
		return mach.MachPortGuard(name(a[0]), name(a[1]), mach.MachPortContext(a[2]), word[mach.Boolean](a[3]))
	},
	"mach_port_guard_with_flags": func(a []uint64) error {
		return mach.MachPortGuardWithFlags(name(a[0]), name(a[1]), mach.MachPortContext(a[2]), a[3])
	},
	"mach_port_unguard": func(a []uint64) error {
		return mach.MachPortUnguard(name(a[0]), name(a[1]), mach.MachPortContext(a[2]))
	},
	"mach_port_swap_guard": func(a []uint64) error {
		return mach.MachPortSwapGuard(name(a[0]), name(a[1]), mach.MachPortContext(a[2]), mach.MachPortContext(a[3]))
	},
	"mach_port_construct": func(a []uint64) error {
		return mach.MachPortConstruct(name(a[0]), ptr[mach.MachPortOptions](a[1]), mach.MachPortContext(a[2]), ptr[name](a[3]))
	},
	"mach_port_destruct": func(a []uint64) error {
		return mach.MachPortDestruct(name(a[0]), name(a[1]), word[mach.MachPortDelta](a[2]), mach.MachPortContext(a[3]))
	},
	"mach_port_peek": func(a []uint64) error {
		return mach.MachPortPeek(name(a[0]), name(a[1]), word[mach.MachMsgTrailerType](a[2]), ptr[mach.MachPortSeqno](a[3]), ptr[mach.MachMsgSize](a[4]), ptr[mach.MachMsgID](a[5]), ptr[byte](a[6]), ptr[mach.MachMsgTypeNumber](a[7]))
	},
	"mach_port_get_set_status": func(a []uint64) error {
		return mach.MachPortGetSetStatus(name(a[0]), name(a[1]), ptr[*name](a[2]), ptr[mach.MachMsgTypeNumber](a[3]))
	},
	"task_set_exception_ports": func(a []uint64) error {
		return mach.TaskSetExceptionPorts(name(a[0]), word[mach.ExceptionMask](a[1]), name(a[2]), word[mach.ExceptionBehavior](a[3]), word[mach.ThreadStateFlavor](a[4]))
	},
	"thread_set_exception_ports": func(a []uint64) error {
		return mach.ThreadSetExceptionPorts(name(a[0]), word[mach.ExceptionMask](a[1]), name(a[2]), word[mach.ExceptionBehavior](a[3]), word[mach.ThreadStateFlavor](a[4]))
	},
	"task_get_exception_ports":    getExceptionPorts(mach.TaskGetExceptionPorts),
	"thread_get_exception_ports":  getExceptionPorts(mach.ThreadGetExceptionPorts),
	"task_swap_exception_ports":   swapExceptionPorts(mach.TaskSwapExceptionPorts),
	"thread_swap_exception_ports": swapExceptionPorts(mach.ThreadSwapExceptionPorts),
}

func getExceptionPorts(f func(mach.MachPort, mach.ExceptionMask, *mach.ExceptionMask, *mach.MachMsgTypeNumber, *mach.ExceptionHandler, *mach.ExceptionBehavior, *mach.ThreadStateFlavor) error) func([]uint64) error {
	return func(a []uint64) error {
		return f(name(a[0]), word[mach.ExceptionMask](a[1]), ptr[mach.ExceptionMask](a[2]), ptr[mach.MachMsgTypeNumber](a[3]), ptr[mach.ExceptionHandler](a[4]), ptr[mach.ExceptionBehavior](a[5]), ptr[mach.ThreadStateFlavor](a[6]))
	}
}

func swapExceptionPorts(f func(mach.MachPort, mach.ExceptionMask, mach.MachPort, mach.ExceptionBehavior, mach.ThreadStateFlavor, *mach.ExceptionMask, *mach.MachMsgTypeNumber, *mach.ExceptionHandler, *mach.ExceptionBehavior, *mach.ThreadStateFlavor) error) func([]uint64) error {
	return func(a []uint64) error {
		return f(name(a[0]), word[mach.ExceptionMask](a[1]), name(a[2]), word[mach.ExceptionBehavior](a[3]), word[mach.ThreadStateFlavor](a[4]),
			ptr[mach.ExceptionMask](a[5]), ptr[mach.MachMsgTypeNumber](a[6]), ptr[mach.ExceptionHandler](a[7]), ptr[mach.ExceptionBehavior](a[8]), ptr[mach.ThreadStateFlavor](a[9]))
	}
}

// clear ends what a sequence has left: handlers of the task, and names, also of ports that
// it has guarded with one of its numbers or that came with a guard.
func (p *ownProcess) clear(names []uint32, lines []string) {
	all := mach.EXC_MASK_ALL | mach.EXC_MASK_CRASH | mach.EXC_MASK_CORPSE_NOTIFY
	mach.TaskSetExceptionPorts(self(), all, none, mach.EXCEPTION_DEFAULT, 0)
	guards := map[uint64]bool{p.Address(languageMemory + 0x8000): true, 0: true}
	for _, line := range lines {
		for _, w := range strings.Fields(line) {
			if v, err := strconv.ParseUint(w, 0, 64); err == nil {
				guards[v] = true
			} else if v, err := strconv.ParseInt(w, 0, 64); err == nil {
				guards[uint64(v)] = true
			}
		}
	}
	for _, n := range names {
		if mach.MachPortDestroy(self(), name(n)) == nil {
			continue
		}
		for g := range guards {
			if mach.MachPortDestruct(self(), name(n), 0, mach.MachPortContext(g)) == nil {
				break
			}
		}
		var left mach.MachPortType_t
		if mach.MachPortType(self(), name(n), &left) == nil && mach.MachPortDestroy(self(), name(n)) != nil {
			fmt.Printf("name %#x of type %#x cannot be ended\n", n, uint32(left))
		}
	}
}
