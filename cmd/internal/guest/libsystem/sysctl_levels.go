//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/internal/perflevel"
	"github.com/gomach/mach/internal/substrate/linux"
)

// levelsHere are the kinds of this machine's cores.
var levelsHere = sync.OnceValue(func() []perflevel.Level { return perflevel.Read(os.DirFS("/sys")) })

// guestLevels are the kinds of cores that a guest sees. XNU names two at most, and one on x86
// (osfmk/i386/machine_routines.c, ml_get_cpu_types); so it does where Linux does not tell.
func guestLevels(a *cpu.Arch, here []perflevel.Level, processors int) []perflevel.Level {
	if a != cpu.ARM64 || len(here) < 2 {
		one := perflevel.Level{Name: perflevel.Standard, Logical: processors, LogicalMax: processors}
		if len(here) == 1 {
			one = here[0]
		}
		return []perflevel.Level{one}
	}
	fast := here[0]
	for _, l := range here[1 : len(here)-1] {
		fast.Logical += l.Logical
		fast.LogicalMax += l.LogicalMax
	}
	return []perflevel.Level{fast, here[len(here)-1]}
}

// levelValue answers hw.nperflevels and hw.perflevelN (xnu bsd/kern/kern_mib.c). As for hw.physicalcpu,
// each thread is a core.
func levelValue(a *cpu.Arch, name string) ([]byte, bool) {
	rest, ok := strings.CutPrefix(name, "hw.")
	if !ok || !strings.Contains(rest, "perflevel") {
		return nil, false
	}
	processors := 0
	if t, err := linux.ReadTopology(); err == nil {
		processors = len(t.Processors)
	}
	return levelOf(guestLevels(a, levelsHere(), processors), rest)
}

func levelOf(levels []perflevel.Level, name string) ([]byte, bool) {
	if name == "nperflevels" {
		return word32(uint32(len(levels))), true
	}
	name, ok := strings.CutPrefix(name, "perflevel")
	number, field, dotted := strings.Cut(name, ".")
	i, err := strconv.Atoi(number)
	if !ok || !dotted || err != nil || i < 0 || i >= len(levels) || number != strconv.Itoa(i) {
		return nil, false
	}
	l := levels[i]
	switch field {
	case "physicalcpu", "logicalcpu":
		return word32(uint32(l.Logical)), true
	case "physicalcpu_max", "logicalcpu_max":
		return word32(uint32(l.LogicalMax)), true
	case "l1icachesize":
		return word32(uint32(l.L1I)), true
	case "l1dcachesize":
		return word32(uint32(l.L1D)), true
	case "l2cachesize":
		return word32(uint32(l.L2)), true
	case "cpusperl2":
		return word32(uint32(l.CPUsPerL2)), true
	case "l3cachesize":
		return word32(uint32(l.L3)), l.L3 != 0 // EINVAL on Darwin, which programs take alike
	case "cpusperl3":
		return word32(uint32(l.CPUsPerL3)), l.L3 != 0
	case "name":
		return text(l.Name), true
	}
	return nil, false
}
