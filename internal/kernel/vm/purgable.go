package vm

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// volatiles are the objects that may be emptied.
type volatiles struct {
	mu   sync.Mutex
	objs map[*object]bool
}

type volatilesKey struct{}

func volatilesOf(k *core.Kernel) *volatiles {
	return k.State(volatilesKey{}, func() any { return &volatiles{objs: map[*object]bool{}} }).(*volatiles)
}

// vmPurgableControl: task, address, control, state (in and out). See xnu
// osfmk/vm/vm_map.c vm_map_purgable_control.
func vmPurgableControl(c *core.Ctx) mach.KernReturn {
	control := mach.VMPurgable(c.I32(2))
	min := core.Control
	if control == mach.VM_PURGABLE_GET_STATE {
		min = core.Read
	}
	m, kr := mapArg(c, 0, min)
	if m == nil {
		return kr
	}
	if control == mach.VM_PURGABLE_PURGE_ALL {
		volatilesOf(c.Kernel).purge()
		return mach.KERN_SUCCESS
	}
	state, kr := purgableState(c, control, 3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	addr := m.trunc(c.U64(1))
	r, kr := m.lookup(addr, false)
	switch {
	case kr != mach.KERN_SUCCESS:
		return kr
	case r.Start > addr:
		return mach.KERN_INVALID_ADDRESS
	case control == mach.VM_PURGABLE_SET_STATE && r.Prot&mach.VM_PROT_WRITE == 0:
		return mach.KERN_PROTECTION_FAILURE
	case r.attr.object == nil || !r.attr.object.can:
		return mach.KERN_INVALID_ARGUMENT
	}
	return r.attr.object.control(c, control, state, 3)
}

// purgableState reads the new state and checks control and state.
func purgableState(c *core.Ctx, control mach.VMPurgable, i int) (int32, mach.KernReturn) {
	if control != mach.VM_PURGABLE_SET_STATE && control != mach.VM_PURGABLE_GET_STATE {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	v, kr := c.Get32(i)
	if kr == mach.KERN_SUCCESS && control == mach.VM_PURGABLE_SET_STATE && v&^mach.VM_PURGABLE_ALL_MASKS != 0 {
		kr = mach.KERN_INVALID_ARGUMENT
	}
	return int32(v), kr
}

// control reads or sets an object's state and stores the old one
// (osfmk/vm/vm_object.c vm_object_purgable_control).
func (o *object) control(c *core.Ctx, control mach.VMPurgable, state int32, i int) mach.KernReturn {
	if control == mach.VM_PURGABLE_SET_STATE && o.kernelOnly {
		return mach.KERN_PROTECTION_FAILURE
	}
	o.content.Lock()
	defer o.content.Unlock()
	v := volatilesOf(c.Kernel)
	v.mu.Lock()
	defer v.mu.Unlock()
	o.mu.Lock()
	old := o.purgable
	empty := old&mach.VM_PURGABLE_STATE_MASK == mach.VM_PURGABLE_EMPTY
	if control == mach.VM_PURGABLE_SET_STATE {
		switch state & mach.VM_PURGABLE_STATE_MASK {
		case mach.VM_PURGABLE_NONVOLATILE:
			o.purgable = mach.VM_PURGABLE_NONVOLATILE
			delete(v.objs, o)
		case mach.VM_PURGABLE_VOLATILE:
			if !empty { // emptied memory stays so until it is used again
				o.purgable = state
				v.objs[o] = true
				o.free = func() { v.forget(o) }
			}
		case mach.VM_PURGABLE_EMPTY:
			if !empty {
				o.empty()
			}
			o.purgable = mach.VM_PURGABLE_EMPTY
			delete(v.objs, o)
		default:
			o.mu.Unlock()
			return mach.KERN_INVALID_ARGUMENT
		}
	}
	o.mu.Unlock()
	return c.Put32(i, uint32(old))
}

// empty throws the contents away; the object is locked, content and all.
func (o *object) empty() {
	if o.file == nil {
		return
	}
	if o.lazy { // private copies keep what they have
		if f, err := newFile(o.size); err == nil {
			o.file.Close()
			o.file, o.lazy = f, false
		}
		return
	}
	// A hole as large as the object: what is mapped reads as zeros.
	_ = punch(o.file, o.size)
}

// purge empties all volatile objects.
func (v *volatiles) purge() {
	v.mu.Lock()
	var all []*object
	for o := range v.objs {
		o.hold()
		all = append(all, o)
	}
	v.mu.Unlock()
	for _, o := range all {
		v.purge1(o)
		o.drop()
	}
}

// purge1 empties an object if it is still volatile.
func (v *volatiles) purge1(o *object) {
	o.content.Lock()
	defer o.content.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.objs[o] {
		return
	}
	delete(v.objs, o)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.empty()
	o.purgable = mach.VM_PURGABLE_EMPTY
}

func (v *volatiles) forget(o *object) {
	v.mu.Lock()
	delete(v.objs, o)
	v.mu.Unlock()
}
