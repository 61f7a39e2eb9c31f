//go:build linux && (amd64 || arm64)

package linux

import (
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestDumpKnowsTheParkedValues(t *testing.T) {
	const n = 50
	x := startTarget(t, "park", strconv.Itoa(n))
	fn := x.ready()
	var seen map[uint64]bool
	eventually(t, "all parked", func() bool {
		regs, err := x.tr.Dump(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(regs) != n+1 {
			t.Fatalf("%d threads, want %d", len(regs), n+1)
		}
		seen = map[uint64]bool{}
		for _, r := range regs {
			v := parkedValues(&r.Registers)
			if pc := r.Registers.PC(); pc < fn || pc > fn+200 {
				continue
			}
			for i := range v {
				if v[i] != v[0]+uint64(i) {
					t.Fatalf("thread %d: registers %x", r.TID, v)
				}
			}
			seen[v[0]] = true
		}
		return len(seen) == n
	})
	for i := uint64(1); i <= n; i++ {
		if !seen[i*0x100000001] {
			t.Errorf("no thread holds %#x", i*0x100000001)
		}
	}
}

func TestDumpOfThousandThreads(t *testing.T) {
	const n = 1000
	x := startTarget(t, "park", strconv.Itoa(n))
	x.ready()
	var regs []ThreadRegisters
	best := time.Hour
	for range 5 {
		begin := time.Now()
		var err error
		if regs, err = x.tr.Dump(t.Context(), regs[:0]); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(begin))
		if len(regs) != n+1 {
			t.Fatalf("%d threads, want %d", len(regs), n+1)
		}
	}
	t.Log("best of 5 dumps: ", best)
	if best > 500*time.Millisecond {
		t.Errorf("a dump took %v", best)
	}
	if got := x.states(); strings.ContainsAny(got, "tT") {
		t.Errorf("states after the dump: %s", got)
	}
}

func TestFloatRegisters(t *testing.T) {
	x := startTarget(t, "park", "1")
	x.ready()
	tids, err := x.p.ThreadIDs(nil)
	if err != nil || len(tids) != 2 {
		t.Fatal(tids, err)
	}
	want := uint64(0x100000001)
	eventually(t, "parked", func() bool {
		f, err := x.tr.Float(tids[1])
		if err != nil {
			t.Fatal(err)
		}
		return binary.LittleEndian.Uint64(vector(&f, 7)) == want
	})
	if err := x.tr.SuspendThread(tids[1]); err != nil {
		t.Fatal(err)
	}
	stat, err := x.p.ThreadStat(tids[1])
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := x.tr.With(tids[1], func(s *Stopped) error {
			start, err := s.StartTime()
			if start != stat.StartTime {
				t.Errorf("it began at %d, want %d", start, stat.StartTime)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	f, _ := x.tr.Float(tids[1])
	copy(vector(&f, 7), "sixteen bytes...")
	if err := x.tr.SetFloat(tids[1], &f); err != nil {
		t.Fatal(err)
	}
	if err := x.tr.ResumeThread(tids[1]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if f, err = x.tr.Float(tids[1]); err != nil || string(vector(&f, 7)) != "sixteen bytes..." {
		t.Errorf("%q, %v", vector(&f, 7), err)
	}
}

func TestSetRegistersLast(t *testing.T) {
	x := startTarget(t, "park", "1")
	fn := x.ready()
	tids, _ := x.p.ThreadIDs(nil)
	tid := tids[1]
	var r Registers
	eventually(t, "parked", func() bool {
		r, _ = x.tr.Registers(tid)
		return r.PC() >= fn && r.PC() < fn+200
	})
	if err := x.tr.SuspendThread(tid); err != nil {
		t.Fatal(err)
	}
	r, _ = x.tr.Registers(tid)
	*lastParked(&r) = 0xfeedface
	if err := x.tr.SetRegisters(tid, &r); err != nil {
		t.Fatal(err)
	}
	if err := x.tr.ResumeThread(tid); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if r, _ = x.tr.Registers(tid); *lastParked(&r) != 0xfeedface {
		t.Errorf("%#x", *lastParked(&r))
	}
}

func TestRegisterErrors(t *testing.T) {
	x := startTarget(t, "park", "0")
	x.ready()
	if _, err := x.tr.Registers(1 << 21); !isThreadGone(err) {
		t.Errorf("a thread that is not there: %v", err)
	}
	if _, err := x.tr.Registers(1); !isThreadGone(err) {
		t.Errorf("another process's thread: %v", err)
	}
	x.Cmd.Process.Signal(unix.SIGKILL)
	x.Cmd.Wait()
	if _, err := x.tr.Dump(t.Context(), nil); !isGone(err) {
		t.Errorf("dump of a dead process: %v", err)
	}
	if err := x.tr.Suspend(t.Context()); !isGone(err) {
		t.Errorf("suspend of a dead process: %v", err)
	}
	if err := x.tr.Resume(); !isGone(err) {
		t.Errorf("resume of a dead process: %v", err)
	}
	x.tr.Close()
	if _, err := x.tr.Dump(t.Context(), nil); err == nil {
		t.Error("dump after Close succeeded")
	}
}
