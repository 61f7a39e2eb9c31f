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
