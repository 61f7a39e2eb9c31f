package task

import "github.com/gomach/mach"

// Remap maps memory of the task src into t, anywhere: the same pages, or with
// copy set a copy that is made when either side writes. The protection is that
// of the source, which is returned with the greatest one. The caller has to
// close the allocation before t.
//
// It takes the control ports of both.
//
// Mach calls: mach_vm_remap.
func (t *Task) Remap(src *Task, addr, size uint64, copy bool) (a *Allocation, cur, most mach.VMProt, err error) {
	to, err := t.use()
	if err != nil {
		return nil, 0, 0, err
	}
	defer t.done()
	from, err := src.use()
	if err != nil {
		return nil, 0, 0, err
	}
	defer src.done()
	var at mach.MachVMAddress
	err = mach.MachVMRemap(to, &at, size, 0, mach.VM_FLAGS_ANYWHERE, from, addr, mach.BooleanOf(copy), &cur, &most, mach.VM_INHERIT_DEFAULT)
	if err != nil {
		return nil, 0, 0, failedAt("mach_vm_remap", addr, size, err)
	}
	return &Allocation{t: t, addr: at, size: size}, cur, most, nil
}
