//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDumperIsKilled ends the dumper while it holds the target.
func TestDumperIsKilled(t *testing.T) {
	x := startTarget(t, "many", "500")
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
		broken := 0
		for round := range 12 {
			cmd := dumper(t, strconv.Itoa(int(x.pid())))
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = io.Discard, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for x.status("TracerPid") == "0" && running(cmd) {
			}
			time.Sleep(time.Duration(round) * 500 * time.Microsecond)
			cmd.Process.Signal(signal)
			if cmd.Wait() != nil {
				broken++
				if signal != syscall.SIGKILL && out.Len() > 0 && !strings.Contains(out.String(), "stopped by") {
					t.Errorf("%v: it said %q", signal, &out)
				}
			}
			x.lives()
		}
		if broken == 0 {
			t.Errorf("%v: no dump was broken off", signal)
		}
		t.Logf("%v: %d of 12 dumps broken off", signal, broken)
	}
	states, err := capture(x.pid(), nil)
	if err != nil || len(states) != 502 {
		t.Errorf("%d threads, %v", len(states), err)
	}
}
