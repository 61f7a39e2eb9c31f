//go:build linux && (amd64 || arm64)

package cpu

import "unsafe"

// generalProtection is what amd64 raises for instructions that need privileges.
const generalProtection = 13

// portInstruction is how long the input or output instruction is that ends at an address.
// Programs may not execute those, and Unicorn tells of them when they are over.
func portInstruction(end uint64) uint64 {
	at := func(back uint64) byte {
		p := end - back
		return **(**byte)(unsafe.Pointer(&p))
	}
	n := uint64(2) // with the port's number
	if op := at(1); op >= 0xec && op <= 0xef || op >= 0x6c && op <= 0x6f {
		n = 1
	}
	if (end-n)%4096 != 0 { // the page before may not be there
		switch at(n + 1) { // prefixes: the operand's size, repetition
		case 0x66, 0xf2, 0xf3:
			n++
		}
	}
	return n
}
