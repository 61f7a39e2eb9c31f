// Package machkern makes the Mach kernel of internal/kernel serve guests: it answers the Mach
// functions that a guest calls, and it is the substrate that shows the kernel the guest's
// threads, registers and memory.
//
// Every call runs in a goroutine of its own while its guest thread waits, so that a call which
// waits stops no other thread, and one which needs the processor to stand still (to unmap
// memory, to read registers) can ask for it. The goroutine that executes guest code never
// takes the kernel's locks.
package machkern
