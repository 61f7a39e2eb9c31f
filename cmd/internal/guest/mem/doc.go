// Package mem keeps a guest's address space.
//
// Guest memory is memory of this process at the same address, which makes a guest pointer
// usable as it is. The table of regions says which addresses belong to the guest; whatever
// a guest passes is looked up there before anyone follows it, so a wild pointer never
// reaches the runner's own memory. The host's protection stays read-write: what the guest may do is
// enforced by the emulated processor, onto which pages are mapped when they are first touched.
package mem
