// Command godeep waits below a recursion of 50 calls.
package main

import (
	"fmt"
	"runtime"
	"syscall"
)

//go:noinline
func deeper(n int) int {
	if n == 0 {
		fmt.Println("ready")
		var b [1]byte
		_, _ = syscall.Read(0, b[:])
		return int(b[0])
	}
	return deeper(n-1) + 1
}

func init() { runtime.LockOSThread() } // so that the stack is the first thread's

func main() { fmt.Println(deeper(50)) }
