package task

import (
	"encoding/binary"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

func stateTable() core.Table {
	return core.Table{
		"thread_get_state": fullNote(onThread(core.Read, threadGetState), ownState),
		"thread_set_state": fullNote(onThread(core.Control, threadSetState), ownState),
		"act_get_state":    full(onThread(core.Read, notCaller(threadGetState))),
		"act_set_state":    full(onThread(core.Control, notCaller(threadSetState))),
	}
}

// ownState is what the own process lacks.
const ownState = "where the machine's debug registers stop no thread, as in some virtual machines, a debug state with one that is on is refused with KERN_NOT_SUPPORTED; a hosted process does not see the debug registers of its own threads; os.Process.Wait for a child is told of the stop that this takes: see package hosted"

// notCaller refuses the calling thread, as the older names do.
func notCaller(f func(*core.Ctx, *core.Thread) mach.KernReturn) func(*core.Ctx, *core.Thread) mach.KernReturn {
	return func(c *core.Ctx, th *core.Thread) mach.KernReturn {
		if th.Task == c.Task && c.Caller() == th {
			return mach.KERN_INVALID_ARGUMENT
		}
		return f(c, th)
	}
}

// A family is the thread states of a CPU type.
type family struct {
	plain   map[mach.ThreadStateFlavor]plainFlavor
	unified map[mach.ThreadStateFlavor]unifiedFlavor
	lists   map[mach.ThreadStateFlavor][]mach.ThreadStateFlavor
}

// A plainFlavor is one that the substrate knows.
type plainFlavor struct {
	count int
	// exact: thread_get_state wants exactly the count, not at least it.
	exact bool
	// rest is read and written through another flavor, of which it is the
	// first words.
	within mach.ThreadStateFlavor
	// get only: thread_set_state refuses it.
	readOnly bool
	// atLeast: thread_set_state does not look at the count.
	atLeast bool
}

// A unifiedFlavor is a header with flavor and count, and one of the plain
// flavors behind it: the first that the thread has.
type unifiedFlavor struct {
	count    int
	of       []mach.ThreadStateFlavor
	readOnly bool
}

func familyOf(cpu mach.CPUType) *family {
	if cpu == mach.CPU_TYPE_ARM64 {
		return &armFamily
	}
	return &x86Family
}

// readState gives a thread's state of a flavor to a caller with room for so
// many words, with the checks of xnu's machine_thread_get_state.
func readState(th *core.Thread, flavor mach.ThreadStateFlavor, room int) ([]uint32, mach.KernReturn) {
	f := familyOf(th.Task.Sub.CPU())
	if list, ok := f.lists[flavor]; ok {
		if room < len(list) {
			return nil, mach.KERN_INVALID_ARGUMENT
		}
		words := make([]uint32, len(list))
		for i, flavor := range list {
			words[i] = uint32(flavor)
		}
		return words, mach.KERN_SUCCESS
	}
	if u, ok := f.unified[flavor]; ok {
		if room < u.count {
			return nil, mach.KERN_INVALID_ARGUMENT
		}
		return f.readUnified(th, u)
	}
	p, ok := f.plain[flavor]
	if !ok || room < p.count || (p.exact && room != p.count) {
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	if p.within != 0 {
		flavor = p.within
	}
	words, err := th.Sub.GetState(flavor)
	if err != nil {
		return nil, threadFailure(th, err)
	}
	return words[:min(len(words), p.count)], mach.KERN_SUCCESS
}

func (f *family) readUnified(th *core.Thread, u unifiedFlavor) ([]uint32, mach.KernReturn) {
	var err error
	for _, flavor := range u.of {
		var words []uint32
		if words, err = th.Sub.GetState(flavor); err == nil {
			out := make([]uint32, u.count)
			out[0], out[1] = uint32(flavor), uint32(f.plain[flavor].count)
			copy(out[2:], words)
			return out, mach.KERN_SUCCESS
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			break
		}
	}
	return nil, threadFailure(th, err)
}

// writeState sets a thread's state, with the checks of xnu's
// machine_thread_set_state.
func writeState(th *core.Thread, flavor mach.ThreadStateFlavor, words []uint32) mach.KernReturn {
	f := familyOf(th.Task.Sub.CPU())
	if u, ok := f.unified[flavor]; ok {
		if u.readOnly || len(words) != u.count {
			return mach.KERN_INVALID_ARGUMENT
		}
		for _, of := range u.of {
			if count := f.plain[of].count; words[0] == uint32(of) && words[1] == uint32(count) {
				return threadFailure(th, th.Sub.SetState(of, words[2:2+count]))
			}
		}
		return mach.KERN_INVALID_ARGUMENT
	}
	p, ok := f.plain[flavor]
	if !ok || p.readOnly || (len(words) != p.count && !(p.atLeast && len(words) > p.count)) {
		return mach.KERN_INVALID_ARGUMENT
	}
	if p.within != 0 {
		whole, err := th.Sub.GetState(p.within)
		if err != nil {
			return threadFailure(th, err)
		}
		copy(whole, words)
		flavor, words = p.within, whole
	}
	return threadFailure(th, th.Sub.SetState(flavor, words))
}

func threadGetState(c *core.Ctx, th *core.Thread) mach.KernReturn {
	room, kr := c.Get32(3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	words, kr := readState(th, mach.ThreadStateFlavor(c.I32(1)), int(min(room, uint32(mach.THREAD_STATE_MAX))))
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	b := make([]byte, 4*len(words))
	for i, w := range words {
		binary.LittleEndian.PutUint32(b[4*i:], w)
	}
	if kr := c.Write(2, b); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put32(3, uint32(len(words)))
}

func threadSetState(c *core.Ctx, th *core.Thread) mach.KernReturn {
	words, kr := c.TakeInfo(2, 3, mach.THREAD_STATE_MAX)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	kr = writeState(th, mach.ThreadStateFlavor(c.I32(1)), words)
	if kr == mach.KERN_SUCCESS {
		countExternal(c.Task, th.Task, "thread_set_state")
	}
	return kr
}
