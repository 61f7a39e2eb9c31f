// Command profile spends its time in calls of package mach and in system calls,
// and writes a CPU profile of each to the folder that it is given.
package main
