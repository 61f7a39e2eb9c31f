package misc

import (
	"fmt"
	"os"

	"github.com/gomach/mach/internal/kernel/core"
)

// panicCall writes the message and ends the calling task, as the C function
// does when the kernel does not enter its debugger first.
func panicCall(c *core.Ctx) uint64 {
	text, _ := c.String(0, 1024)
	fmt.Fprintf(os.Stderr, "panic: %s\n", text)
	c.Task.Sub.Terminate()
	return 0
}

// panicInit is given the port that panic asks to restart the machine with,
// which this kernel never does.
func panicInit(*core.Ctx) uint64 { return 0 }
