//go:build amd64 || arm64

package hosted

import (
	"fmt"
	"os"

	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/libsystem"
	"github.com/gomach/mach/internal/substrate/hosted"
)

// start registers a kernel unless the process has one.
func init() {
	if libsystem.Registered() != nil {
		return
	}
	w, err := hosted.NewWaist(kernel.New(hosted.New()))
	if err != nil {
		fmt.Fprintln(os.Stderr, "mach: hosted kernel:", err)
		return
	}
	libsystem.Register(w)
}
