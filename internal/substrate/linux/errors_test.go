//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func isGone(err error) bool {
	return errors.Is(err, ErrProcessGone) && errors.Is(err, unix.ESRCH) && errors.Is(err, fs.ErrNotExist)
}

func isThreadGone(err error) bool {
	return errors.Is(err, ErrThreadGone) && errors.Is(err, unix.ESRCH)
}

func TestOpenErrors(t *testing.T) {
	for _, pid := range []int{-1, 0, 1 << 22, 1<<31 - 1, 1 << 40} {
		if _, err := Open(pid); !errors.Is(err, ErrNoProcess) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%d): %v", pid, err)
		}
	}
	// A thread's id is no process's.
	x := startTarget(t, "park", "1")
	x.ready()
	tids, _ := x.p.ThreadIDs(nil)
	if _, err := Open(tids[1]); !errors.Is(err, ErrNoProcess) {
		t.Errorf("Open of a thread id: %v", err)
	}
}

func TestSelfIsNotTraced(t *testing.T) {
	p, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Trace(); !errors.Is(err, ErrSelf) {
		t.Error(err)
	}
	if !p.IsSelf() || p.PID() != os.Getpid() || !p.Alive() || p.Exited() {
		t.Error("self is not itself")
	}
}

func TestWrapKeepsClasses(t *testing.T) {
	err := wrap("read", 7, 0, unix.EPERM)
	if !errors.Is(err, ErrNotPermitted) || !errors.Is(err, fs.ErrPermission) || !errors.Is(err, unix.EPERM) {
		t.Error(err)
	}
	if e := new(Error); !errors.As(err, &e) || e.Why.Err != err || e.PID != 7 {
		t.Errorf("%#v", err)
	}
	if wrap("again", 8, 0, err) != err || wrap("x", 1, 1, nil) != nil {
		t.Error("wrap wrapped twice")
	}
}

func TestTracedByAnother(t *testing.T) {
	x := startTarget(t, "park", "0")
	x.ready()
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := x.p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := second.Suspend(t.Context()); !errors.Is(err, ErrTraced) {
		t.Error(err)
	}
}
