package mach

// MachPortValid reports whether name may denote a right: it is neither
// [MACH_PORT_NULL] nor [MACH_PORT_DEAD].
//
// C: MACH_PORT_VALID of <mach/port.h>.
func MachPortValid(name MachPortName) bool { return name != MACH_PORT_NULL && name != MACH_PORT_DEAD }

// PortValid is the older name of [MachPortValid].
//
// C: PORT_VALID of <mach/port.h>.
func PortValid(name MachPortName) bool { return MachPortValid(name) }

// MachPortIndex is the place in the name space that the kernel chose for name.
//
// C: MACH_PORT_INDEX of <mach/port.h>.
func MachPortIndex(name MachPortName) uint32 { return uint32(name) >> 8 }

// MachPortGen is the generation of name, in the upper eight bits.
//
// C: MACH_PORT_GEN of <mach/port.h>.
func MachPortGen(name MachPortName) uint32 { return uint32(name) & 0xff << 24 }

// MachPortMake is the name with that index and generation.
//
// C: MACH_PORT_MAKE of <mach/port.h>.
func MachPortMake(index, gen uint32) MachPortName { return MachPortName(index<<8 | gen>>24) }

// MachPortTypeOf is the type bit of a right. (The plain name belongs to the
// function [MachPortType].)
//
// C: MACH_PORT_TYPE of <mach/port.h>.
func MachPortTypeOf(right MachPortRight) MachPortType_t { return 1 << (right + 16) }

// MpoMakePortType is the part of the construction flags that says of what type
// a new port is.
//
// C: MPO_MAKE_PORT_TYPE of <mach/port.h>.
func MpoMakePortType(a, b uint32) MpoFlags { return a&7<<14 | b&7<<10 }

// CurrentTask is another name of [MachTaskSelf].
//
// C: current_task, mach_task_self of <mach/mach_init.h>.
func CurrentTask() Task { return MachTaskSelf() }
