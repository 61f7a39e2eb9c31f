//go:build ignore

// Calls a function of libSystem in a loop, for -count.
package main

import (
	"fmt"
	"os"
)

func main() {
	for range 50 {
		if os.Getppid() < 0 {
			fmt.Println("negative")
		}
	}
}
