package mach

// VMMemory is the tag that says what a region of memory is for, in the upper
// eight bits of allocation flags (see [VMMakeTag]) and in the UserTag of a
// region. C has no name for the type.
type VMMemory uint32

// ShareMode says how a region's memory is shared: the ShareMode of the region
// structs. C has no name for the type.
type ShareMode uint8

// Bool reports whether b is true, as C reads it: any value but zero.
func (b Boolean) Bool() bool { return b != 0 }

// BooleanOf turns a Go bool into a Boolean.
func BooleanOf(b bool) Boolean {
	if b {
		return 1
	}
	return 0
}
