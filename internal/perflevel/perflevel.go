// Package perflevel reads from Linux's /sys which kinds of cores a machine has, as
// Darwin's hw.perflevelN tell it.
package perflevel

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Level is one kind of cores. Sizes are in bytes, 0 where Linux does not tell.
type Level struct {
	Name                  string
	Physical, PhysicalMax int // cores online, and in the machine
	Logical, LogicalMax   int // the same of hardware threads
	L1I, L1D, L2, L3      uint64
	CPUsPerL2, CPUsPerL3  int
	Numbers               []int // of the processors
}

// Darwin's names (xnu osfmk/arm/machine_routines_common.c, cluster_type_names).
const (
	Standard    = "Standard" // of a machine with one kind
	Performance = "Performance"
	Efficiency  = "Efficiency"
)

// Read returns the kinds from /sys, the fastest first, or none if Linux does not tell.
//
// Linux tells by the devices that count events, of which hybrid processors have one
// for each kind (Documentation/ABI/testing/sysfs-devices-system-cpu and
// sysfs-bus-event_source-devices-format: cpu_core, cpu_atom), or by the capacity of
// each processor relative to the fastest one (Documentation/scheduler/sched-capacity.rst).
func Read(sys fs.FS) []Level {
	s := tree{sys}
	present, online := s.list(cpus+"present"), s.list(cpus+"online")
	if len(online) == 0 {
		return nil
	}
	for _, n := range online {
		if !slices.Contains(present, n) {
			present = append(present, n)
		}
	}
	groups := s.byDevice()
	if groups == nil {
		groups = s.byCapacity(present)
	}
	if groups == nil && s.has("devices/cpu") { // the one device of a machine with one kind
		groups = [][]int{present}
	}
	levels := make([]Level, 0, len(groups))
	for i, g := range groups {
		l := s.level(g, online)
		if l.Logical == 0 && l.LogicalMax == 0 {
			continue
		}
		switch {
		case len(groups) == 1:
			l.Name = Standard
		case i == len(groups)-1:
			l.Name = Efficiency
		default:
			l.Name = Performance
		}
		levels = append(levels, l)
	}
	return levels
}

const cpus = "devices/system/cpu/"

type tree struct{ fs.FS }

func (t tree) has(name string) bool {
	_, err := fs.Stat(t.FS, name)
	return err == nil
}

func (t tree) text(name string) string {
	b, err := fs.ReadFile(t.FS, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (t tree) list(name string) []int { return ParseList(t.text(name)) }

// ParseList reads Linux's lists of processors: "0-3,8".
func ParseList(text string) (list []int) {
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		first, last, ranged := strings.Cut(part, "-")
		a, err := strconv.ParseUint(first, 10, 16)
		b := a
		if ranged && err == nil {
			b, err = strconv.ParseUint(last, 10, 16)
		}
		if err != nil {
			continue
		}
		for ; a <= b; a++ {
			list = append(list, int(a))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (t tree) byDevice() (groups [][]int) {
	for _, kind := range []string{"cpu_core", "cpu_atom", "cpu_lowpower"} {
		if g := t.list("devices/" + kind + "/cpus"); len(g) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func (t tree) byCapacity(present []int) (groups [][]int) {
	of := map[uint64][]int{}
	for _, n := range present {
		c, err := strconv.ParseUint(t.text(fmt.Sprint(cpus, "cpu", n, "/cpu_capacity")), 10, 32)
		if err != nil {
			return nil // what is known of some only is not known
		}
		of[c] = append(of[c], n)
	}
	for _, c := range slices.SortedFunc(maps.Keys(of), func(a, b uint64) int { return cmp.Compare(b, a) }) {
		groups = append(groups, of[c])
	}
	return groups
}

func (t tree) level(group, online []int) Level {
	l := Level{Numbers: group, LogicalMax: len(group)}
	cores := map[string]bool{}
	first := -1
	for _, n := range group {
		if !slices.Contains(online, n) {
			l.PhysicalMax++ // Linux does not say whose thread it was
			continue
		}
		if first < 0 {
			first = n
		}
		l.Logical++
		dir := fmt.Sprint(cpus, "cpu", n, "/topology/")
		core := t.text(dir + "core_cpus_list")
		if core == "" {
			core = t.text(dir + "thread_siblings_list") // the older name
		}
		if core == "" {
			core = strconv.Itoa(n)
		}
		cores[core] = true
	}
	l.Physical = len(cores)
	l.PhysicalMax += l.Physical
	if first >= 0 {
		t.caches(&l, fmt.Sprint(cpus, "cpu", first, "/cache/"))
	}
	return l
}

func (t tree) caches(l *Level, dir string) {
	for i := 0; t.has(fmt.Sprint(dir, "index", i)); i++ {
		at := fmt.Sprint(dir, "index", i, "/")
		size := parseSize(t.text(at + "size"))
		sharing := len(t.list(at + "shared_cpu_list"))
		switch t.text(at+"level") + t.text(at+"type") {
		case "1Instruction":
			l.L1I = size
		case "1Data":
			l.L1D = size
		case "2Unified":
			l.L2, l.CPUsPerL2 = size, sharing
		case "3Unified":
			l.L3, l.CPUsPerL3 = size, sharing
		}
	}
}

// parseSize reads "32K".
func parseSize(text string) uint64 {
	unit := uint64(1)
	if s, ok := strings.CutSuffix(text, "K"); ok {
		text, unit = s, 1<<10
	} else if s, ok := strings.CutSuffix(text, "M"); ok {
		text, unit = s, 1<<20
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return n * unit
}
