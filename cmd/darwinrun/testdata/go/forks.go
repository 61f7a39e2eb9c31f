//go:build ignore

// Threads that read and sleep while others start processes: what a child writes is undone,
// what calls of other threads write meanwhile is not.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		return
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 10 {
				if err := exec.Command(os.Args[0], "x").Run(); err != nil {
					fmt.Println(err)
				}
			}
		})
	}
	for range 4 {
		wg.Go(func() {
			for range 300 {
				time.Sleep(time.Millisecond)
				r, w, _ := os.Pipe()
				go func() { time.Sleep(100 * time.Microsecond); w.Write([]byte("x")); w.Close() }()
				b := make([]byte, 4)
				if n, err := r.Read(b); n != 1 || b[0] != 'x' {
					fmt.Println("read", n, err, b)
				}
				r.Close()
			}
		})
	}
	wg.Wait()
	fmt.Println("done")
}
