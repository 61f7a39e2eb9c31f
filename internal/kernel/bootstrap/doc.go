// Package bootstrap is the name server of the kernel's tasks: what launchd is
// on Darwin, as far as names of services go.
//
// The names are shared by the tasks of one kernel: the threads of a process
// that runs a hosted kernel, or the guests of one emulator. Two processes with
// a kernel each do not see each other's services. Nothing is started on
// demand and there are no property lists, so every name may be checked in.
package bootstrap
