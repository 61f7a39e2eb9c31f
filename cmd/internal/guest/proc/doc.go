// Package proc runs a darwin executable as a process: its memory, its threads on one
// emulated processor, and the calls that leave it for libSystem.
package proc
