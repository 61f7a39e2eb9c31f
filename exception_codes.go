package mach

// Resources of EXC_RESOURCE exceptions, of <kern/exc_resource.h>.
const (
	RESOURCE_TYPE_CPU     = 1
	RESOURCE_TYPE_WAKEUPS = 2
	RESOURCE_TYPE_MEMORY  = 3
	RESOURCE_TYPE_IO      = 4
	RESOURCE_TYPE_THREADS = 5
	RESOURCE_TYPE_PORTS   = 6
)

// Flavors of EXC_RESOURCE exceptions, a list a resource.
const (
	FLAVOR_CPU_MONITOR            = 1
	FLAVOR_CPU_MONITOR_FATAL      = 2
	FLAVOR_WAKEUPS_MONITOR        = 1
	FLAVOR_HIGH_WATERMARK         = 1
	FLAVOR_DIAG_MEMLIMIT          = 2
	FLAVOR_IO_PHYSICAL_WRITES     = 1
	FLAVOR_IO_LOGICAL_WRITES      = 2
	FLAVOR_THREADS_HIGH_WATERMARK = 1
	FLAVOR_PORT_SPACE_FULL        = 1
)

// What EXC_GUARD exceptions guard, of <kern/exc_guard.h>; besides
// [GUARD_TYPE_MACH_PORT] and [GUARD_TYPE_VIRT_MEMORY].
const (
	GUARD_TYPE_NONE        = 0
	GUARD_TYPE_FD          = 2
	GUARD_TYPE_USER        = 3
	GUARD_TYPE_VN          = 4
	GUARD_TYPE_REJECTED_SC = 6
)

// Flavors of EXC_GUARD exceptions of file descriptors, of <sys/guarded.h>
// (enum guard_fd_exception_codes), and of vnodes (guard_vn_exception_codes).
// Those of ports and of memory stand in <mach/port.h> and <mach/vm_statistics.h>.
const (
	KGUARD_EXC_CLOSE       = 1 << 0
	KGUARD_EXC_DUP         = 1 << 1
	KGUARD_EXC_NOCLOEXEC   = 1 << 2
	KGUARD_EXC_SOCKET_IPC  = 1 << 3
	KGUARD_EXC_FILEPORT    = 1 << 4
	KGUARD_EXC_MISMATCH    = 1 << 5
	KGUARD_EXC_WRITE       = 1 << 6
	KGUARD_EXC_RENAME_TO   = 1 << 0
	KGUARD_EXC_RENAME_FROM = 1 << 1
	KGUARD_EXC_UNLINK      = 1 << 2
	KGUARD_EXC_WRITE_OTHER = 1 << 3
	KGUARD_EXC_TRUNC_OTHER = 1 << 4
	KGUARD_EXC_LINK        = 1 << 5
	KGUARD_EXC_EXCHDATA    = 1 << 6
)

// Codes of EXC_SOFTWARE exceptions, of <sys/ux_exception.h>, besides
// [EXC_SOFT_SIGNAL].
const (
	EXC_UNIX_BAD_SYSCALL = 0x10000
	EXC_UNIX_BAD_PIPE    = 0x10001
	EXC_UNIX_ABORT       = 0x10002
)

// The first word of an EXC_RESOURCE or EXC_GUARD exception packs what the
// exception is about. Pass it, or the second where the parameter is called
// subcode.

// ExcResourceDecodeResourceType is the resource that an EXC_RESOURCE exception is about, such as [RESOURCE_TYPE_CPU].
//
// C: EXC_RESOURCE_DECODE_RESOURCE_TYPE of <kern/exc_resource.h>.
func ExcResourceDecodeResourceType(code MachExceptionDataType) uint64 {
	return uint64(code) >> 61 & 0x7
}

// ExcResourceDecodeFlavor is the flavor within the resource, such as [FLAVOR_CPU_MONITOR].
//
// C: EXC_RESOURCE_DECODE_FLAVOR of <kern/exc_resource.h>.
func ExcResourceDecodeFlavor(code MachExceptionDataType) uint64 { return uint64(code) >> 58 & 0x7 }

// ExcResourceCpumonitorDecodeInterval is the interval of the CPU monitor, in seconds.
//
// C: EXC_RESOURCE_CPUMONITOR_DECODE_INTERVAL of <kern/exc_resource.h>.
func ExcResourceCpumonitorDecodeInterval(code MachExceptionDataType) uint64 {
	return uint64(code) >> 7 & 0x1ffffff
}

// ExcResourceCpumonitorDecodePercentage is the CPU limit, in percent.
//
// C: EXC_RESOURCE_CPUMONITOR_DECODE_PERCENTAGE of <kern/exc_resource.h>.
func ExcResourceCpumonitorDecodePercentage(code MachExceptionDataType) uint64 {
	return uint64(code) & 0x7f
}

// ExcResourceCpumonitorDecodePercentageObserved is the CPU use that was observed, in percent.
//
// C: EXC_RESOURCE_CPUMONITOR_DECODE_PERCENTAGE_OBSERVED of <kern/exc_resource.h>.
func ExcResourceCpumonitorDecodePercentageObserved(subcode MachExceptionDataType) uint64 {
	return uint64(subcode) & 0x7f
}

// ExcResourceCpumonitorDecodeWakeupsPermitted is the limit on wakeups a second. The kernel writes
// twenty bits, of which C's macro reads twelve; so does this.
//
// C: EXC_RESOURCE_CPUMONITOR_DECODE_WAKEUPS_PERMITTED of <kern/exc_resource.h>.
func ExcResourceCpumonitorDecodeWakeupsPermitted(code MachExceptionDataType) uint64 {
	return uint64(code) & 0xfff
}

// ExcResourceCpumonitorDecodeObservationInterval is the interval of the wakeups monitor, in seconds.
//
// C: EXC_RESOURCE_CPUMONITOR_DECODE_OBSERVATION_INTERVAL of <kern/exc_resource.h>.
func ExcResourceCpumonitorDecodeObservationInterval(code MachExceptionDataType) uint64 {
	return uint64(code) >> 20 & 0xfffff
}

// ExcResourceCpumonitorDecodeWakeupsObserved is the wakeups a second that were observed.
//
// C: EXC_RESOURCE_CPUMONITOR_DECODE_WAKEUPS_OBSERVED of <kern/exc_resource.h>.
func ExcResourceCpumonitorDecodeWakeupsObserved(subcode MachExceptionDataType) uint64 {
	return uint64(subcode) & 0xfffff
}

// ExcResourceHwmDecodeLimit is the memory limit, in MiB.
//
// C: EXC_RESOURCE_HWM_DECODE_LIMIT of <kern/exc_resource.h>.
func ExcResourceHwmDecodeLimit(code MachExceptionDataType) uint64 { return uint64(code) & 0x1fff }

// ExcResourceIODecodeInterval is the interval of the I/O monitor, in seconds.
//
// C: EXC_RESOURCE_IO_DECODE_INTERVAL of <kern/exc_resource.h>.
func ExcResourceIODecodeInterval(code MachExceptionDataType) uint64 {
	return uint64(code) >> 15 & 0x1ffff
}

// ExcResourceIODecodeLimit is the I/O limit, in MiB.
//
// C: EXC_RESOURCE_IO_DECODE_LIMIT of <kern/exc_resource.h>.
func ExcResourceIODecodeLimit(code MachExceptionDataType) uint64 { return uint64(code) & 0x7fff }

// ExcResourceIOObserved is the I/O that was observed, in MiB.
//
// C: EXC_RESOURCE_IO_OBSERVED of <kern/exc_resource.h>.
func ExcResourceIOObserved(subcode MachExceptionDataType) uint64 { return uint64(subcode) & 0x7fff }

// ExcResourceThreadsDecodeThreads is the number of threads that the task has.
//
// C: EXC_RESOURCE_THREADS_DECODE_THREADS of <kern/exc_resource.h>.
func ExcResourceThreadsDecodeThreads(code MachExceptionDataType) uint64 { return uint64(code) & 0x7fff }

// ExcResourceThreadsDecodePorts is the number of ports that the task has.
//
// C: EXC_RESOURCE_THREADS_DECODE_PORTS of <kern/exc_resource.h>.
func ExcResourceThreadsDecodePorts(code MachExceptionDataType) uint64 { return uint64(code) & 0xffffff }

// ExcGuardDecodeGuardType is what was guarded in an EXC_GUARD exception, such as
// [GUARD_TYPE_FD].
//
// C: EXC_GUARD_DECODE_GUARD_TYPE of <kern/exc_guard.h>.
func ExcGuardDecodeGuardType(code MachExceptionDataType) uint64 { return uint64(code) >> 61 & 0x7 }

// ExcGuardDecodeGuardFlavor is what was done to it; its meaning depends on the
// guard type.
//
// C: EXC_GUARD_DECODE_GUARD_FLAVOR of <kern/exc_guard.h>.
func ExcGuardDecodeGuardFlavor(code MachExceptionDataType) uint64 {
	return uint64(code) >> 32 & 0x1fffffff
}

// ExcGuardDecodeGuardTarget is the port name, file descriptor or process that
// the exception is about; its meaning depends on the guard type.
//
// C: EXC_GUARD_DECODE_GUARD_TARGET of <kern/exc_guard.h>.
func ExcGuardDecodeGuardTarget(code MachExceptionDataType) uint32 { return uint32(code) }
