//go:build amd64 || arm64

package hosted

import (
	"fmt"
	"os"

	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/bootstrap"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/kernel/misc"
	"github.com/gomach/mach/internal/libsystem"
	"github.com/gomach/mach/internal/substrate/hosted"
)

// start registers a kernel unless the process has one.
func init() {
	if libsystem.Registered() != nil {
		return
	}
	messages, err := ipc.ParsePolicy(os.Getenv("MACH_MESSAGES"))
	if err != nil {
		libsystem.NotStarted(fmt.Errorf("MACH_MESSAGES: %w", err)) // each call's error says so
		return
	}
	k := kernel.New(hosted.New())
	k.Policy = messages
	k.Unguarded = func() bool { return os.Getenv("MACH_GUARDS") == "off" }
	k.Ends = func(_ int, why string) { fmt.Fprintln(os.Stderr, "mach: the process is ended by", why) }
	w, err := hosted.NewWaist(k)
	if err != nil {
		libsystem.NotStarted(err)
		return
	}
	w.SetBootstrapPort(bootstrap.Give(k.Self()))
	misc.SetVariables(k.Self(), func(name string) uint64 { return uint64(uintptr(w.Variable(name))) })
	libsystem.Register(w)
}
