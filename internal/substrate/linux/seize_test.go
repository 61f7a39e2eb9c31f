//go:build linux && (amd64 || arm64)

package linux

import (
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A breakable call that sleeps is broken off by the alarm, again and again,
// and one that does not sleep is left alone. read(2) on a pipe is started again
// after a handler with SA_RESTART, as PTRACE_SEIZE always is.
func TestAlarmBreaksACallOff(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	a := newAlarm()
	if !a.works {
		t.Skip("no timer for an alarm")
	}
	defer a.close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	buf := make([]byte, 1)
	fd := uintptr(r.Fd())
	unix.SetNonblock(int(fd), false)
	a.arm()
	for range 100 {
		if n := breakable(unix.SYS_READ, fd, uintptr(addressOf(buf)), 1, 0); unix.Errno(-n) != unix.EINTR {
			t.Fatalf("read gives %d", n)
		}
	}
	begin := time.Now()
	for time.Since(begin) < 50*time.Millisecond {
		if n := breakable(unix.SYS_GETPID, 0, 0, 0, 0); n != os.Getpid() && unix.Errno(-n) != unix.EINTR {
			t.Fatalf("getpid gives %d", n)
		}
	}
	for i := range 2000 {
		buf[0] = 0
		if _, err := w.Write([]byte{byte(i) | 1}); err != nil {
			t.Fatal(err)
		}
		for {
			n := breakable(unix.SYS_READ, fd, uintptr(addressOf(buf)), 1, 0)
			if unix.Errno(-n) == unix.EINTR {
				continue // nothing was read
			}
			if n != 1 || buf[0] != byte(i)|1 {
				t.Fatalf("read gives %d, %d", n, buf[0])
			}
			break
		}
	}
	a.disarm()
}
