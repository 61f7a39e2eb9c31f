package mach

import (
	"strconv"
	"strings"
)

// Domain names the system and subsystem, such as "os/kern", "ipc/rcv" or
// "iokit/usb", in the manner of C's mach_error_type: codes from before the
// systems were numbered (-300 for MIG, 1000 for netname, ...) count as those
// that they became.
func (k KernReturn) Domain() string {
	sys, sub, _ := modernCode(k).Parts()
	for i := range systems {
		if s := &systems[i]; int(s.number) == sys {
			names := s.subs
			for n := sub; n > 0 && names != ""; n-- {
				_, names, _ = strings.Cut(names, " ")
			}
			if name, _, _ := strings.Cut(names, " "); name != "" && name != "-" {
				return s.name + "/" + name
			}
			return s.name + "/" + strconv.Itoa(sub)
		}
	}
	return strconv.Itoa(sys) + "/" + strconv.Itoa(sub)
}

// systems are those of <mach/error.h>, and the two that the header leaves to
// others.
var systems = [...]struct {
	number     uint8
	name, subs string
}{
	{0x00, "os", "kern - - unix"},
	{0x01, "us", ""},
	{0x02, "server", "netname env_mgr execd netmemory ufs task_master ns io auth us sunrpc object loader exception signal xkernel"},
	{0x03, "old-ipc", "send rcv mig"},
	{0x04, "ipc", "send rcv mig"},
	{0x07, "dipc", ""},
	{0x08, "vm", "- reclaim"},
	{0x37, "libkern", "common metaclass kext"},
	{0x38, "iokit", "common usb firewire - storage graphics - - bluetooth pmu"},
	{0x3e, "local", ""},
	{0x3f, "ipc-compat", ""},
}

// modernCode maps the old ranges of codes to system, subsystem and code (xnu
// libsyscall/mach/mach_error_string.c, do_compat).
func modernCode(k KernReturn) KernReturn {
	switch {
	case -200 < k && k <= -100:
		return -(k + 100) | Err_ipc
	case -300 < k && k <= -200:
		return -(k + 200) | Err_ipc | 1<<14
	case -400 < k && k <= -300:
		return -(k + 300) | Err_mach_ipc | 2<<14
	case 1000 <= k && k < 1100:
		return k - 1000 | Err_server
	case 1600 <= k && k < 1700:
		return k - 1600 | Err_server | 1<<14
	case 27600 <= k && k < 27700:
		return k - 27600 | Err_server | 2<<14
	}
	return k
}
