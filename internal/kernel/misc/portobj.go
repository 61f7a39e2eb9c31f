package misc

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Variables finds the address of a variable of libSystem in a task's memory, 0
// if it has none.
type Variables func(name string) uint64

type variablesKey struct{}

// SetVariables says where a task's variables of libSystem lie, for the few
// functions that set one. The first word counts.
func SetVariables(t *core.Task, v Variables) { t.State(variablesKey{}, func() any { return v }) }

// portObjEntry is the size of a struct port_obj_tentry: two pointers (xnu
// libsyscall/mach/mach/port_obj.h).
const portObjEntry = 16

// portObjInit makes the table of port_obj_table, for which C would panic if
// there were no room.
func portObjInit(c *core.Ctx) uint64 {
	n := c.I32(0)
	if n <= 0 {
		return 0
	}
	none := Variables(func(string) uint64 { return 0 })
	at := c.Task.State(variablesKey{}, func() any { return none }).(Variables)("port_obj_table")
	if at == 0 {
		return 0
	}
	vm := c.Task.VM()
	table, kr := vm.AllocateMemory(uint64(n) * portObjEntry)
	if kr != mach.KERN_SUCCESS {
		return 0
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], table)
	vm.WriteAt(b[:], at)
	return 0
}
