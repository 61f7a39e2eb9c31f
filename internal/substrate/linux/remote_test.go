//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readWrite = unix.PROT_READ | unix.PROT_WRITE
	private   = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
)

// A process can run a call as soon as it is there: in the middle of the execve that it
// begins with there is no program yet.
func TestCallAmidExec(t *testing.T) {
	for range 20 {
		x := startTarget(t, "mem")
		if pid, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil || int(pid) != x.p.PID() {
			t.Fatalf("getpid gave %d, %v", pid, err)
		}
	}
}

func TestRemoteMemoryCalls(t *testing.T) {
	x := startTarget(t, "strict")
	size := uint64(4 * PageSize())
	pid, err := x.tr.Syscall(0, unix.SYS_GETPID)
	if err != nil || int(pid) != x.p.PID() {
		t.Fatalf("getpid gave %d, %v", pid, err)
	}
	at, err := x.tr.Mmap(0, size, readWrite, private, -1, 0)
	if err != nil {
		t.Fatal(err)
	}
	m, found, err := x.p.MappingAt(at)
	if err != nil || !found || m.Start > at || m.End < at+size || m.Perm != PermRead|PermWrite {
		t.Fatalf("%+v, %v", m, err)
	}
	if n, err := x.p.WriteAt([]byte("hello"), at+size-5); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if err := x.tr.Mprotect(at, size, unix.PROT_READ); err != nil {
		t.Fatal(err)
	}
	if m, _, _ = x.p.MappingAt(at); m.Perm != PermRead {
		t.Errorf("%v after mprotect", m.Perm)
	}
	moved, err := x.tr.Mremap(at, size, 2*size, unix.MREMAP_MAYMOVE, 0)
	if err != nil {
		t.Fatal(err)
	}
	var buf [5]byte
	if _, err := x.p.ReadAt(buf[:], moved+size-5); err != nil || string(buf[:]) != "hello" {
		t.Errorf("%q %v after mremap", buf, err)
	}
	if err := x.tr.Madvise(moved, 2*size, unix.MADV_DONTNEED); err != nil {
		t.Error(err)
	}
	if _, err := x.p.ReadAt(buf[:], moved+size-5); err != nil || string(buf[:]) != "\x00\x00\x00\x00\x00" {
		t.Errorf("%q %v after madvise", buf, err)
	}
	if err := x.tr.Msync(moved, 2*size, unix.MS_SYNC); err != nil {
		t.Error(err)
	}
	// Nothing of the target's own may take the place before it is looked at.
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := x.tr.Munmap(moved, 2*size); err != nil {
		t.Error(err)
	}
	if m, found, _ = x.p.MappingAt(moved); found && m.Start <= moved {
		t.Errorf("%+v after munmap", m)
	}
	if err := x.tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := x.tr.Munmap(1, 1); err != unix.EINVAL {
		t.Errorf("munmap(1, 1) gave %v", err)
	}
	if _, err := x.tr.Syscall(0, unix.SYS_GETPID, 1, 2, 3, 4, 5, 6, 7); !errors.Is(err, unix.EINVAL) {
		t.Errorf("seven arguments gave %v", err)
	}
	x.progresses()
}

// Every thread of the strict target is in a call that must not be cut short
// or end early; each is borrowed many times, whatever it is doing.
func TestBorrowedThreadsGoOnUndisturbed(t *testing.T) {
	for _, suspended := range []bool{false, true} {
		x := startTarget(t, "strict")
		x.progresses()
		tids, err := x.p.ThreadIDs(nil)
		if err != nil {
			t.Fatal(err)
		}
		for range rounds(t, 400) {
			if suspended {
				if err := x.tr.Suspend(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			tid := tids[rand.IntN(len(tids))]
			var before, after Registers
			if suspended {
				before, _ = x.tr.Registers(tid)
			}
			got, err := x.tr.Syscall(tid, unix.SYS_GETTID)
			if err != nil || int(got) != tid {
				t.Fatalf("gettid in %d gave %d, %v", tid, got, err)
			}
			if suspended {
				after, _ = x.tr.Registers(tid)
				if before != after {
					t.Fatalf("registers before %+v after %+v", before, after)
				}
				if err := x.tr.Resume(); err != nil {
					t.Fatal(err)
				}
			}
		}
		x.progresses()
	}
}

func TestBorrowingAmidstSignals(t *testing.T) {
	x := startTarget(t, "count")
	x.ready()
	const n = 1000
	done := make(chan int64)
	go func() {
		var total int64
		for i := range n {
			for queueSignal(x.p.PID(), int32(i)) == unix.EAGAIN {
				time.Sleep(time.Millisecond)
			}
			total += int64(i)
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		done <- total
	}()
	calls := 0
	for running := true; running; calls++ {
		select {
		case total := <-done:
			running = false
			if total != n*(n-1)/2 {
				t.Fatal(total)
			}
		default:
			if _, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil {
				t.Fatal(err)
			}
			if err := x.tr.Suspend(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil {
				t.Fatal(err)
			}
			x.tr.Resume()
		}
	}
	t.Log(calls, "calls")
	x.says("1000 499500")
}

func TestBlockingCallIsCutShort(t *testing.T) {
	x := startTarget(t, "strict")
	x.progresses()
	// Without the cut this would wait for ever.
	_, err := x.tr.Syscall(0, unix.SYS_PPOLL, 0, 0, 0, 0, 0)
	if err != unix.EINTR {
		t.Errorf("ppoll without end gave %v", err)
	}
	x.progresses()
}

func TestBorrowingAStoppedByJobControl(t *testing.T) {
	x := startTarget(t, "strict")
	x.progresses()
	unix.Kill(x.p.PID(), unix.SIGSTOP)
	eventually(t, "stopped", func() bool { return x.states() == "TTTTTT" })
	for range 20 {
		if _, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil {
			t.Fatal(err)
		}
		eventually(t, "stopped still", func() bool { return x.states() == "TTTTTT" })
	}
	unix.Kill(x.p.PID(), unix.SIGCONT)
	x.progresses()
}
