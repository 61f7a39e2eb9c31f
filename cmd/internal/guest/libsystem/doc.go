// Package libsystem answers the functions of libSystem for guests: one table, symbol to
// implementation. The Mach functions are not here: they go to a kernel, see MachKernel.
package libsystem
