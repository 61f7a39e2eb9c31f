// Package vm is the kernel's virtual memory: the calls on a task's address
// space and on memory entries.
//
// The mappings themselves are the substrate's. What Mach knows of a mapping
// beyond that (maximum protection, inheritance, tag, purgeability, the object
// behind it) is kept here, in a list of ranges for each task. The rules are
// xnu's (osfmk/vm/{vm_user.c,vm_map.c,vm_memory_entry.c}).
package vm
