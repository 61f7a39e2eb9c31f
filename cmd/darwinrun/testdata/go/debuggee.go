// Debuggee is looked at by debuggers: it calls work five times, dereferences nil and goes on.
package main

import "fmt"

//go:noinline
func work(n int) int { return n*n + 1 }

func main() {
	sum := 0
	for i := range 5 {
		sum += work(i)
	}
	fmt.Println("sum", sum)
	defer func() { fmt.Println(recover()) }()
	var p *int
	*p = sum
}
