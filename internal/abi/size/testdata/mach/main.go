// The same program on package mach.
package main

import (
	"fmt"

	"github.com/gomach/mach"
)

func main() {
	fmt.Println(mach.MachPortDeallocate(1, 2))
}
