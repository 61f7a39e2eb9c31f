// Package gdb lets a debugger that speaks GDB's remote serial protocol look at a guest and
// steer it: threads, registers, memory, breakpoints, single steps, faults.
//
// Listen speaks the protocol; Target is what it needs of a guest, and Guest is one. All threads stop and go on
// together, as GDB's all-stop mode has it.
package gdb
