// Package host tells about the computer: its processors and what they do, its
// memory, its clocks, and the time in the units of Mach.
//
// # How to think about rights
//
// All of it goes through one right, that to the host port. mach_host_self counts
// another reference at each call, so this package asks once and keeps the right
// as long as the program runs; see [Port]. The right permits asking; what
// changes the host takes another one, of which this package has no need.
// Clocks have ports of their own: a [Clock] owns one.
//
// # Figures may be old
//
// Systems since macOS 11 answer host_statistics and host_statistics64 to
// ordinary programs from a cache if they ask too often: two readings within a
// second may be the same. [MemoryStatistics], [TotalCPULoad] and [LoadAverage]
// are such figures; [CPULoads] is not.
//
// # Ticks
//
// Mach counts time in ticks, which are 125/3 nanoseconds on Apple silicon and 1
// elsewhere. [Ticks] are a type of their own, and become a time.Duration by a
// [Timebase] only, exactly.
//
// # Errors
//
// A failed Mach call is an [Error], which names the call and wraps its
// [mach.KernReturn]. Where a comment does not say otherwise, a function makes no
// Mach call if it names none, does not block if the kernel serves the host port (it
// does, unless somebody has replaced the task's TASK_HOST_PORT: see
// [mach.TaskSetSpecialPort]), returns values that the caller need
// not give back, and fails only where the system lacks the figure, with
// [mach.KERN_INVALID_ARGUMENT] or [mach.KERN_NOT_SUPPORTED], or, without a kernel,
// with errors.ErrUnsupported.
package host
