//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/perflevel"
)

// TestFitSysctl: sysctl(3), and sysctl_io_number in xnu bsd/kern/kern_newsysctl.c.
func TestFitSysctl(t *testing.T) {
	for _, c := range []struct {
		v    []byte
		room uint64
		want []byte
		e    proc.Errno
	}{
		{word32(7), 4, word32(7), 0},
		{word32(7), 8, word32(7), 0},
		{word32(7), 2, word32(7)[:2], proc.ENOMEM},
		{word64(1 << 20), 8, word64(1 << 20), 0},
		{word64(1 << 20), 4, word32(1 << 20), 0},
		{word64(1 << 31), 4, nil, proc.ERANGE},
		{word64(1<<64 - 1), 4, word32(1<<32 - 1), 0},
		{text("Darwin"), 100, text("Darwin"), 0},
		{text("Darwin"), 3, []byte("Dar"), proc.ENOMEM},
		{text("Darwin"), 0, []byte{}, proc.ENOMEM},
	} {
		if got, e := fitSysctl(c.v, c.room); !bytes.Equal(got, c.want) || e != c.e {
			t.Errorf("%v in %d bytes: %v, %d, want %v, %d", c.v, c.room, got, e, c.want, c.e)
		}
	}
}

// TestReleaseKernel: the sysctls by which programs tell a kernel for debugging (xnu
// bsd/kern/kern_sysctl.c, development and osreleasetype).
func TestReleaseKernel(t *testing.T) {
	c := &proc.Call{Process: &proc.Process{Arch: cpu.AMD64}}
	if v, ok := sysctlValue(c, "kern.development"); !ok || !bytes.Equal(v, word32(0)) {
		t.Error(v, ok)
	}
	if v, ok := sysctlValue(c, "kern.osreleasetype"); !ok || string(v) != "User\x00" {
		t.Error(v, ok)
	}
}

// FuzzSysctl asks for values by arbitrary names into buffers of arbitrary sizes.
func FuzzSysctl(f *testing.F) {
	for _, name := range mibs {
		f.Add(name, uint64(4), true)
	}
	f.Add("hw.memsize", uint64(0), false)
	f.Add("kern.\x00", uint64(1)<<63, false)
	f.Fuzz(func(t *testing.T, name string, room uint64, arm bool) {
		c := &proc.Call{Process: &proc.Process{Arch: cpu.AMD64}}
		if arm {
			c.Process.Arch = cpu.ARM64
		}
		v, ok := sysctlValue(c, name)
		if !ok {
			return
		}
		part, e := fitSysctl(v, room)
		switch {
		case uint64(len(part)) > room || len(part) > len(v):
			t.Errorf("%q: %d bytes of %d for %d", name, len(part), len(v), room)
		case !bytes.HasPrefix(v, part):
			t.Errorf("%q: %x is not the beginning of %x", name, part, v)
		case e == 0 && len(part) < len(v) && room != 4:
			t.Errorf("%q: %d bytes of %d without an error", name, len(part), len(v))
		}
	})
}

// TestPerformanceLevels: hw.perflevelN as sysctl_hw_generic answers them (xnu bsd/kern/kern_mib.c),
// on machines with three kinds of cores, with one, and where Linux does not tell.
func TestPerformanceLevels(t *testing.T) {
	three := []perflevel.Level{
		{Name: perflevel.Performance, Logical: 1, LogicalMax: 1, L1D: 128 << 10, L2: 1 << 20, CPUsPerL2: 1},
		{Name: perflevel.Performance, Logical: 3, LogicalMax: 4},
		{Name: perflevel.Efficiency, Logical: 4, LogicalMax: 4, L2: 512 << 10, CPUsPerL2: 4, L3: 4 << 20, CPUsPerL3: 8},
	}
	one := []perflevel.Level{{Name: perflevel.Standard, Logical: 2, LogicalMax: 2}}
	for _, c := range []struct {
		a    *cpu.Arch
		here []perflevel.Level
		name string
		want []byte // nil: there is none
	}{
		{cpu.ARM64, three, "nperflevels", word32(2)},
		{cpu.ARM64, three, "perflevel0.physicalcpu", word32(4)},
		{cpu.ARM64, three, "perflevel0.logicalcpu_max", word32(5)},
		{cpu.ARM64, three, "perflevel0.name", []byte("Performance\x00")},
		{cpu.ARM64, three, "perflevel0.l1dcachesize", word32(128 << 10)},
		{cpu.ARM64, three, "perflevel0.l3cachesize", nil},
		{cpu.ARM64, three, "perflevel1.name", []byte("Efficiency\x00")},
		{cpu.ARM64, three, "perflevel1.cpusperl2", word32(4)},
		{cpu.ARM64, three, "perflevel1.l3cachesize", word32(4 << 20)},
		{cpu.ARM64, three, "perflevel2.name", nil},
		{cpu.ARM64, three, "perflevel01.name", nil},
		{cpu.ARM64, three, "perflevel-1.name", nil},
		{cpu.ARM64, three, "perflevel1", nil},
		{cpu.ARM64, one, "nperflevels", word32(1)},
		{cpu.ARM64, one, "perflevel0.name", []byte("Standard\x00")},
		{cpu.ARM64, nil, "perflevel0.logicalcpu", word32(6)},
		{cpu.AMD64, nil, "perflevel0.name", []byte("Standard\x00")},
		{cpu.AMD64, three, "nperflevels", word32(1)},
		{cpu.AMD64, three, "perflevel0.logicalcpu", word32(6)},
	} {
		v, ok := levelOf(guestLevels(c.a, c.here, 6), c.name)
		if ok != (c.want != nil) || ok && !bytes.Equal(v, c.want) {
			t.Errorf("%s of %d kinds: %q, %v, want %q", c.name, len(c.here), v, ok, c.want)
		}
	}
}
