// Package mach is everything under /usr/include/mach for Go: each function that
// libSystem exports, each constant, type and struct, under its C name. It needs
// no cgo, and no Mac to build.
//
// # Where to start
//
// This package is as faithful to C as Go lets it be, and as bare. For most
// programs the packages on top of it are the better start:
//
//   - task: other processes: their threads, registers, memory, regions, figures
//   - port: rights and messages, each right with an owner that closes it
//   - exc: exceptions: crash handlers, debuggers
//   - host: the machine: processors, memory, clocks
//   - hosted: a Mach kernel in the program, to run and test all this on Linux
//
// # Names
//
// Functions and types are the C name in CamelCase, with a final _t dropped and
// initialisms in capitals: mach_vm_region_recurse is [MachVMRegionRecurse],
// task_basic_info_64_data_t is [TaskBasicInfo64]. Where a type and a function
// would have one name, the type keeps _t. Constants keep C's spelling:
// [KERN_SUCCESS], [VM_FLAGS_ANYWHERE]. Each doc comment names the C function and
// its header. All names are there on every system and CPU: ARM_THREAD_STATE64 on
// Intel too, as a debugger may look at either.
//
// Addresses, sizes and counts are aliases of Go's integers, as C mixes them
// freely. What has a meaning has a type: rights, protections, flavors.
//
// # Out-parameters
//
// As in C, what a call gives back besides its code goes where a pointer points.
// A flavored struct is passed with its size in 32-bit words, in and out; [Info]
// and [State] make the pointer, [CountOf] the size:
//
//	var info mach.MachTaskBasicInfo
//	count := mach.CountOf[mach.MachTaskBasicInfo]()
//	err := mach.TaskInfo(mach.MachTaskSelf(), mach.MACH_TASK_BASIC_INFO, mach.Info(&info), &count)
//
// The structs grow with the systems: fields behind the words that came back are
// not filled in. Do not use what an out-parameter holds when a call has failed.
//
// # Errors
//
// A kern_return_t is an error: nil is KERN_SUCCESS, anything else a [KernReturn]
// that says the constant's name and its meaning. errors.Is compares with the
// constants and, by the kernel's own table, with [io/fs.ErrPermission],
// [io/fs.ErrNotExist], [os.ErrDeadlineExceeded] and others. A function that the
// running system lacks answers [errors.ErrUnsupported]; so does every function
// where there is no Mach kernel at all.
//
// # Who frees what
//
// Rights and memory that a call hands over are the caller's, as in C. A name of
// a right is given back with [MachPortDeallocate]; memory, such as the list of
// [TaskThreads], with [MachVMDeallocate] in the own task, by its size in bytes.
// Such a list is seen through [Slice]; [SizeOf] and [AddressOf] give what the
// deallocation wants. [MachTaskSelf] is the program's for good and is never given
// back; [MachHostSelf] and [MachThreadSelf] add a reference at each call. On
// Darwin the package itself keeps one of the host port from the first call on it.
//
// # Waiting
//
// Each doc comment says whether a call may wait. Go's scheduler is told about a
// call that may: other goroutines and the collector go on meanwhile. A message
// to the kernel is not told if its first argument is the own task's port or the
// host port, which the kernel answers at once; another port may be served by
// anybody. So may these two where somebody has replaced them: a task's kernel port
// by [TaskSetSpecialPort] with [TASK_KERNEL_PORT], its host port with
// [TASK_HOST_PORT], which macOS permits while System Integrity Protection is off.
// Calls on them then wait for whoever serves them, and the collector with them.
//
// # Profiles
//
// A CPU profile on Darwin does not name the Go function that calls a function of
// this package: its samples fall to runtime._ExternalCode, as nobody but the
// runtime can note where a thread has left Go. With the build tag mach_profile
// calls go by way of package syscall, which has it noted, and take some three
// times as long.
//
// # Linux
//
// On Linux, import the package hosted for its effect: a Mach kernel in the
// program then answers, over real processes. docs/support.md in the repository
// says function by function what differs from XNU.
package mach
