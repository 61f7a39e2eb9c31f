//go:build darwin || (linux && (amd64 || arm64))

package hosted_test

import (
	"fmt"
	"os"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

// With the import, calls of package mach are answered, on Linux too.
func Example() {
	var pid int32
	if err := mach.PIDForTask(mach.MachTaskSelf(), &pid); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("it is this process:", int(pid) == os.Getpid())
	// Output: it is this process: true
}
