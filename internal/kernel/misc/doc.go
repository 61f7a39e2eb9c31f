// Package misc has the functions that belong to no subsystem of the kernel:
// texts of errors, names of CPUs, string helpers of MIG stubs, what dyld tells
// of images, vouchers, and what is left of calls that Darwin has given up.
package misc
