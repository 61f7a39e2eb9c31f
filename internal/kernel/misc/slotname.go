package misc

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/cstring"
)

// cpuNames are the architectures that Darwin's libraries name, as NXFindBestFatArch
// and kin do: name and description by type and subtype.
var cpuNames = []struct {
	typ        mach.CPUType
	sub        mach.CPUSubtype
	name, long string
}{
	{mach.CPU_TYPE_X86_64, mach.CPU_SUBTYPE_X86_64_ALL, "x86_64", "Intel x86-64"},
	{mach.CPU_TYPE_X86_64, mach.CPU_SUBTYPE_X86_64_H, "x86_64h", "Intel x86-64h Haswell"},
	{mach.CPU_TYPE_ARM64, mach.CPU_SUBTYPE_ARM64_ALL, "arm64", "ARM64"},
	{mach.CPU_TYPE_ARM64, mach.CPU_SUBTYPE_ARM64_V8, "arm64v8", "ARM64 v8"},
	{mach.CPU_TYPE_ARM64, mach.CPU_SUBTYPE_ARM64E, "arm64e", "ARM64E"},
	{mach.CPU_TYPE_I386, mach.CPU_SUBTYPE_I386_ALL, "i386", "Intel 80x86"},
	{mach.CPU_TYPE_ARM, mach.CPU_SUBTYPE_ARM_ALL, "arm", "ARM"},
	{mach.CPU_TYPE_ARM, mach.CPU_SUBTYPE_ARM_V7, "armv7", "arm v7"},
	{mach.CPU_TYPE_POWERPC, mach.CPU_SUBTYPE_POWERPC_ALL, "ppc", "PowerPC"},
}

// slotName stores the names of a CPU; what it does not know has a name that
// says so.
func slotName(c *core.Ctx) uint64 {
	typ, sub := mach.CPUType(c.I32(0)), mach.CPUSubtype(c.I32(1))
	name, long := "unknown CPU", "unknown CPU subtype"
	for _, n := range cpuNames {
		if n.typ == typ && n.sub == sub&0xffffff {
			name, long = n.name, n.long
			break
		}
	}
	c.Put64(2, cstring.Of(c, name))
	c.Put64(3, cstring.Of(c, long))
	return 0
}
