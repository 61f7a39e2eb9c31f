//go:build !darwin

package task

import (
	"fmt"
	"io"
	"os"

	"github.com/gomach/mach"
)

// programCPU asks for the ELF file that the process executes. (One that stands for
// another in binfmt_misc, such as qemu's, runs on the computer's own CPU.)
var programCPU = func(t *Task) (mach.CPUType, error) {
	pid, err := t.PID()
	if err != nil {
		return 0, err
	}
	var head [20]byte
	f, err := os.Open(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return ownCPU, nil
	}
	defer f.Close()
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return ownCPU, nil
	}
	if c, ok := elfCPU(head[:]); ok {
		return c, nil
	}
	return ownCPU, nil
}
