//go:build ignore

// Faults become Go's panics, at the right line, and what comes after a fault in the same
// block does not happen.
package main

import (
	"fmt"
	"runtime"
)

type record struct{ a, b, c int }

//go:noinline
func set(p *record, done *bool) {
	p.b = 1
	*done = true
	p.c = 2
}

//go:noinline
func get(p *record) int { return p.b }

//go:noinline
func divide(a, b int) int { return a / b }

func try(what string, f func()) {
	defer func() {
		err := recover()
		_, ok := err.(runtime.Error)
		fmt.Println(what, ok, err)
	}()
	f()
}

func main() {
	done := false
	try("store", func() { set(nil, &done) })
	fmt.Println("after the store:", done)
	try("load", func() { get(nil) })
	try("divide", func() { divide(1, 0) })
	try("index", func() { var s []int; _ = s[done2()] })
	try("map", func() { var m map[string]int; m["x"] = 1 })
	var deep func(n int) int
	deep = func(n int) int {
		if n == 0 {
			return 0
		}
		var pad [100]int
		pad[n%100] = n
		return deep(n-1) + pad[n%100] - n + 1
	}
	fmt.Println("stack growth:", deep(10000))
}

func done2() int { return 3 }
