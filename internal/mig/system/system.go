// Package system has .defs files of the system's own interfaces, in our own words, under
// the names that programs include them by.
package system

import "embed"

//go:embed mach mach_debug
var files embed.FS

// Read reads a file by the name between the angles of an #include.
func Read(name string) ([]byte, error) { return files.ReadFile(name) }

// Subsystems are the files that name one.
var Subsystems = []string{
	"mach/clock.defs", "mach/clock_priv.defs", "mach/clock_reply.defs", "mach/exc.defs", "mach/host_priv.defs",
	"mach/host_security.defs", "mach/mach_exc.defs", "mach/mach_host.defs", "mach/mach_port.defs", "mach/mach_vm.defs",
	"mach/mach_voucher.defs", "mach/memory_entry.defs", "mach/notify.defs", "mach/processor.defs",
	"mach/processor_set.defs", "mach/servers/netname.defs", "mach/task.defs", "mach/thread_act.defs", "mach/vm_map.defs",
}
