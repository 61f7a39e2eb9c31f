//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// serve is the Go server of TestGoServer: this test binary in another
// process.
func serve(addr string) {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		sum := 0
		for i := range 10_000 {
			sum += i * i
		}
		time.Sleep(time.Millisecond)
		fmt.Fprint(w, sum)
	})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(addr, nil))
	os.Exit(1)
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestGoServer dumps a Go server under load again and again: no request may
// fail, and every dump must show all threads.
func TestGoServer(t *testing.T) {
	addr := freeAddress(t)
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "DUMP_TEST_SERVER="+addr)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	get := func() error {
		r, err := http.Get("http://" + addr)
		if err != nil {
			return err
		}
		defer r.Body.Close()
		_, err = io.Copy(io.Discard, r.Body)
		return err
	}
	eventually(t, "the server answers", func() bool { return get() == nil })

	var served, failed atomic.Int64
	var load sync.WaitGroup
	done := make(chan struct{})
	for range 8 {
		load.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := get(); err != nil {
					failed.Add(1)
				} else {
					served.Add(1)
				}
			}
		})
	}
	_, pc := preserved()
	for range 40 {
		states, err := capture(int32(cmd.Process.Pid), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(states) < 3 {
			t.Errorf("%d threads", len(states))
		}
		for _, r := range states {
			if r.err != nil || r.value(pc) == 0 {
				t.Errorf("a thread without registers: %v", r.err)
			}
		}
	}
	before := served.Load()
	eventually(t, "the server goes on", func() bool { return served.Load() > before+20 })
	close(done)
	load.Wait()
	if n := failed.Load(); n != 0 {
		t.Errorf("%d requests failed, %d were served", n, served.Load())
	}
	t.Logf("%d requests served", served.Load())
}
