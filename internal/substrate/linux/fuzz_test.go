//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"os"
	"testing"
)

func seed(f *testing.F, files ...string) {
	f.Helper()
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte(nil))
	f.Add([]byte("1 (a) b) c"))
	f.Add([]byte(":\n:::\n \n"))
}

func FuzzParseStat(f *testing.F) {
	seed(f, "/proc/self/stat", "/proc/1/stat")
	f.Add([]byte("7 (a (b) c\n) S 1 2 3"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, ok := ParseStat(text)
		if ok && !bytes.Contains(text, []byte("("+s.Comm+")")) {
			t.Errorf("the name %q is not in %q", s.Comm, text)
		}
	})
}

func FuzzParseMapping(f *testing.F) {
	text, _ := os.ReadFile("/proc/self/maps")
	for _, line := range bytes.SplitAfter(text, []byte{'\n'}) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		line, _, _ = bytes.Cut(line, []byte{'\n'})
		var m, again Mapping
		if !ParseMapping(line, &m) {
			return
		}
		text := m.line()
		if len(m.Path) > 0 {
			text += "   " + string(m.Path)
		}
		if !ParseMapping([]byte(text), &again) || m.line() != again.line() || !bytes.Equal(m.Path, again.Path) {
			t.Errorf("%q was read as %q, and that as %q", line, text, again.line())
		}
	})
}

func FuzzParseOthers(f *testing.F) {
	seed(f, "/proc/self/status", "/proc/self/statm", "/proc/self/io", "/proc/self/smaps_rollup", "/proc/self/schedstat",
		"/proc/stat", "/proc/meminfo", "/proc/vmstat", "/proc/loadavg", "/proc/cpuinfo", "/sys/devices/system/cpu/possible")
	f.Fuzz(func(t *testing.T, text []byte) {
		ParseStatus(text)
		ParseStatm(text)
		ParseIO(text)
		ParseSchedstat(text)
		ParseHostStat(text)
		ParseMeminfo(text)
		ParseVmstat(text)
		ParseLoadavg(text)
		ParseCPUInfo(text)
		if n := countList(text); n < 0 {
			t.Error(n)
		}
		var u Usage
		eachKey(text, u.set)
		mappings := 0
		ParseSmaps(text, func(m *Mapping, u *Usage) bool { mappings++; return mappings < 3 })
		if mappings > 3 {
			t.Error("called again after false")
		}
		direntNumbers(text, nil)
	})
}

func TestParseStatOddNames(t *testing.T) {
	for _, name := range []string{"", "a", "a b", ") R 1", "(((", ")))", "new\nline", "\xff\xfe"} {
		s, ok := ParseStat([]byte("12 (" + name + ") S 34 5 6 7 8 9 10\n"))
		if !ok || s.Comm != name || s.State != 'S' || s.PPID != 34 || !s.Incomplete {
			t.Errorf("%q: %+v, %v", name, s, ok)
		}
	}
	for _, bad := range []string{"", "1", "(a) S 1", "x (a) S", "1 (a", "1 a) S", "1 )a( S", "1 (a) SS"} {
		if _, ok := ParseStat([]byte(bad)); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseLoadavg(t *testing.T) {
	l := ParseLoadavg([]byte("0.05 12.30 107.99 3/456 7890\n"))
	if l != (Loadavg{50, 12300, 107990, 3, 456, 7890}) {
		t.Errorf("%+v", l)
	}
}

func TestParseCPUInfoOfARM(t *testing.T) {
	// arm64 tells no topology here, and has lines that belong to no block.
	got := ParseCPUInfo([]byte("processor\t: 1\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd\n\nprocessor\t: 0\nBogoMIPS\t: 48.00\n\nHardware\t: X\n"))
	if len(got) != 2 || got[0].Number != 0 || got[1].Fields["Features"] != "fp asimd" ||
		got[0].Fields["Hardware"] != "X" || got[0].Core != -1 {
		t.Errorf("%+v", got)
	}
}

func TestCountList(t *testing.T) {
	for text, want := range map[string]int{"0-3,8\n": 5, "0": 1, "": 0, "\n": 0, "3-1": 0, "0-1,4-5,9": 5} {
		if got := countList([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
