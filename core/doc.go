// Package core writes and reads core files in Mach-O form: the memory of a process
// and the registers of its threads, as they were at a moment.
//
// # Writing
//
// [Create] makes a core file of a task, [Write] streams one to a writer. Both stop
// the task by [task.Task.Suspended], which lets it run on whatever happens. Mach has
// no snapshot of a task, as fork makes one, so the task stays stopped while its
// memory is copied: reading goes ahead of writing by some buffers
// (Options.Buffer), and the task runs on as soon as the last byte was read, which
// for a process that fits into the buffers does not wait for the disk.
//
// A core holds every region that can be read, those of files included, so that it
// tells the same on another machine. Pages that the task has never touched cost
// neither time nor disk: Create leaves holes for them and for pages of zeros.
// What was left out is known by name: see [Region].
//
// # Reading
//
// [Open] and [NewFile] read the cores of this package, of lldb and of Darwin's
// kernel, on any system: of arm64 and of x86-64, with or without notes. They
// believe nothing that stands in the file: counts are bounded, and what is cut off or
// contradicts itself is an error that says what. A [File] is a [task.MemoryReader],
// so [task.Section] makes an io.ReaderAt of a part of it, and
// [task.Registers.Stack] walks the stacks in it.
//
// # The format
//
// A core is a Mach-O file of type MH_CORE: one LC_SEGMENT_64 a region, one LC_THREAD
// a thread (general, floating-point and exception state), and LC_NOTE commands as
// lldb writes them: "all image infos" (which images are where), "process metadata"
// (the threads' numbers), "addrable bits" (how long an address is, on ARM). One
// more note, "gomach process", is this package's own and tells in JSON what the
// others have no place for: regions that were not saved, tags, files, names of
// threads. Debuggers pass over it.
package core
