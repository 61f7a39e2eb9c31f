// Package core is what the kernel's subsystems share: the call context, the
// table of functions with their support levels, tasks, threads and the
// interfaces that a substrate implements.
//
// A call reaches the kernel as a symbol and its argument words, from the waist
// of this process (package hosted), from a guest's registers (darwinrun) or
// from a MIG message sent to a kernel port. All three end in the same Handler.
// A handler never assumes an address space: it reads and writes the caller's
// memory through Ctx.Mem.
package core
