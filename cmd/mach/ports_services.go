package main

import (
	"fmt"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// nameServices sets the names of the ports that the bootstrap server knows by these
// names, and of its own.
func nameServices(list []portRight, names []string) error {
	known := map[mach.MachPortName]string{mach.BootstrapPort(): "of the bootstrap server"}
	for _, name := range names {
		var there mach.MachPort
		if err := mach.BootstrapLookUp(mach.BootstrapPort(), name, &there); err != nil {
			return fmt.Errorf("the service %q: %w", name, err)
		}
		defer mach.MachPortDeallocate(mach.MachTaskSelf(), there)
		known[there] = name
	}
	own, err := task.Self().Rights()
	if err != nil {
		return err
	}
	objects := map[uint32]string{}
	for _, r := range own {
		if name, ok := known[r.Name]; ok && r.Object != 0 {
			objects[uint32(r.Object)] = name
		}
	}
	for i := range list {
		list[i].Service = objects[uint32(list[i].object.Object)]
	}
	return nil
}
