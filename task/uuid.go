package task

import (
	"errors"
	"fmt"
)

// UUID is the number that a linker gives an image, by which debuggers and crash
// reports know which build it is.
type UUID [16]byte

// String is the UUID as dwarfdump and crash reports write it.
func (u UUID) String() string {
	return fmt.Sprintf("%X-%X-%X-%X-%X", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// ErrNoUUID says that an image has no UUID, or no build ID.
var ErrNoUUID = errors.New("task: the image has no UUID")

// UUID reads the UUID of an image, out of its header in the task's memory. It
// fails with [ErrNoUUID] if the linker gave none, and like [Task.Segments]. The
// images of Linux have a build ID instead: see [Task.BuildID]. The read port will
// do.
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) UUID(m Image) (UUID, error) { return parseUUID(t, m.Address) }

func parseUUID(r MemoryReader, addr uint64) (u UUID, err error) {
	const uuidSize = 24 // of the command
	c, err := readCommands(r, addr)
	if err != nil {
		return u, err
	}
	for kind, b := range c.all {
		if kind == loadUUID && len(b) >= uuidSize {
			copy(u[:], b[smallestCommand:])
			return u, nil
		}
	}
	if c.err != nil {
		return u, c.err
	}
	return u, ErrNoUUID
}
