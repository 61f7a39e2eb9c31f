//go:build amd64 || arm64

package hosted

import (
	"fmt"
	"os"

	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/bootstrap"
	"github.com/gomach/mach/internal/kernel/misc"
	"github.com/gomach/mach/internal/libsystem"
	"github.com/gomach/mach/internal/substrate/hosted"
)

// start registers a kernel unless the process has one.
func init() {
	if libsystem.Registered() != nil {
		return
	}
	k := kernel.New(hosted.New())
	w, err := hosted.NewWaist(k)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mach: hosted kernel:", err)
		return
	}
	w.SetBootstrapPort(bootstrap.Give(k.Self()))
	misc.SetVariables(k.Self(), func(name string) uint64 { return uint64(uintptr(w.Variable(name))) })
	libsystem.Register(w)
}
