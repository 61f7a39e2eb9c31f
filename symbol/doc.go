// Package symbol tells which function of which file an address of a process is in,
// and walks stacks.
//
// A [Table] knows the images of a process or of a core: ELF files with their symbol
// tables, Go's line table and DWARF; Mach-O images out of the process's own memory,
// as the libraries of Darwin's shared cache have no file, with the DWARF of their file, of
// the dSYM beside it, or of the object files that they were linked from. It reads what it needs when it
// is asked, believes nothing that stands in a file, and makes no Mach call but those
// of the memory that it is given.
//
// [Table.Lookup] gives the functions at an address, with those that the compiler has
// put into it where DWARF tells, with file and line. Names are those of the linker; a
// demangler is handed in (Options.Demangle).
//
// [Table.Unwind] walks a stack by DWARF's call frame information (.eh_frame and
// .debug_frame) and by the compact unwind information of Mach-O (__unwind_info), through
// the frames of signal handlers, and by frame pointers where there is none. The thread must not run meanwhile.
package symbol
