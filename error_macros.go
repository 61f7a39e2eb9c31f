package mach

// ErrSystem is the base of a system's error codes: the lowest six bits of x at
// the top.
//
// C: err_system of <mach/error.h>.
func ErrSystem(x uint32) MachError_t { return MachError_t(x & 0x3f << 26) }

// ErrSub is a subsystem's part of an error code.
//
// C: err_sub of <mach/error.h>.
func ErrSub(x uint32) MachError_t { return MachError_t(x & 0xfff << 14) }

// ErrGetSystem is the number of the system that err belongs to.
//
// C: err_get_system of <mach/error.h>.
func ErrGetSystem(err MachError_t) uint32 { return uint32(err) >> 26 & 0x3f }

// ErrGetSub is the number of err's subsystem.
//
// C: err_get_sub of <mach/error.h>.
func ErrGetSub(err MachError_t) uint32 { return uint32(err) >> 14 & 0xfff }

// ErrGetCode is the number of err within its subsystem.
//
// C: err_get_code of <mach/error.h>.
func ErrGetCode(err MachError_t) uint32 { return uint32(err) & 0x3fff }

// UnixErr is a BSD error number as a Mach error code.
//
// C: unix_err of <mach/error.h>.
func UnixErr(errno int32) MachError_t { return Err_kern | 3<<14 | MachError_t(errno) }

// ErrVMReclaim is an error code of deferred reclamation.
//
// C: err_vm_reclaim of <mach/vm_types.h>.
func ErrVMReclaim(e int32) MachError_t { return Err_vm | 1<<14 | MachError_t(e) }
