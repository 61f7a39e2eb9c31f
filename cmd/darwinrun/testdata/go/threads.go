//go:build ignore

// Goroutines on several threads: a spinning one does not stop the others, nor does a
// blocking read; mutexes, timers and channels work.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	runtime.GOMAXPROCS(4)
	var stop, spins atomic.Bool
	go func() {
		runtime.LockOSThread()
		for n := 0; !stop.Load(); n++ {
			spins.Store(true)
		}
	}()
	r, w, _ := os.Pipe()
	read := make(chan string)
	go func() {
		b := make([]byte, 16)
		n, _ := r.Read(b)
		read <- string(b[:n])
	}()
	for !spins.Load() {
		time.Sleep(time.Millisecond)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	total := 0
	for range 8 {
		wg.Go(func() {
			for range 200 {
				mu.Lock()
				total++
				mu.Unlock()
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	start := time.Now()
	time.Sleep(20 * time.Millisecond)
	fmt.Println(total, time.Since(start) >= 20*time.Millisecond)
	w.Write([]byte("through the pipe"))
	fmt.Println(<-read)
	stop.Store(true)
	var collected atomic.Bool
	for range 20 {
		x := make([]byte, 1<<20)
		runtime.SetFinalizer(&x[0], func(*byte) { collected.Store(true) })
		runtime.GC()
	}
	time.Sleep(time.Millisecond)
	fmt.Println("collected:", collected.Load())
}
