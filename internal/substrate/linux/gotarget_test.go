//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// goTarget is what the test binary does when it is started as a target: a Go
// server and its clients, with timers, garbage and the preemption signals of
// Go's scheduler. It tells how many requests were answered rightly.
func goTarget() {
	var beats atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() {
		for {
			c, err := l.Accept()
			check(err)
			go func() {
				_, err := io.Copy(c, c)
				check(err)
			}()
		}
	}()
	for i := range 8 {
		go func() {
			c, err := net.Dial("tcp", l.Addr().String())
			check(err)
			for n := 0; ; n++ {
				sent := bytes.Repeat([]byte{byte(i), byte(n)}, 2000)
				_, err := c.Write(sent)
				check(err)
				got := make([]byte, len(sent))
				_, err = io.ReadFull(c, got)
				check(err)
				if sha256.Sum256(sent) != sha256.Sum256(got) {
					check(fmt.Errorf("answer differs"))
				}
				if n%100 == 0 {
					runtime.GC()
				}
				beats.Add(1)
			}
		}()
	}
	go func() { // never yields by itself
		for n := 0; ; n++ {
			if n < 0 {
				return
			}
		}
	}()
	for {
		time.Sleep(10 * time.Millisecond)
		fmt.Println(beats.Load())
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func TestGoServerIsUndisturbed(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := launch(t, []string{"SUBSTRATE_GOTARGET=1"}, exe, "-test.run=^$")
	x.progresses()
	killedDumpers(t, x, rounds(t, 8), func(int) { x.progresses() })
	for range rounds(t, 100) {
		if _, err := x.tr.Dump(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if pid, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil || int(pid) != x.p.PID() {
			t.Fatal(pid, err)
		}
	}
	x.progresses()
	err = x.tr.SetHandler(func(Event) Action { return Deliver },
		Watch{Signals: Exceptions | 1<<(unix.SIGURG-1), ThreadStart: true, ThreadExit: true})
	if err != nil {
		t.Fatal(err)
	}
	x.progresses()
	for range rounds(t, 40) {
		if err := x.tr.Suspend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil {
			t.Fatal(err)
		}
		if err := x.tr.Resume(); err != nil {
			t.Fatal(err)
		}
	}
	x.progresses()
}
