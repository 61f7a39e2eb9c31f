package vm

import (
	"errors"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

func full(h core.Handler) core.Entry { return core.Entry{Handler: h, Level: core.Full} }

func fullNote(h core.Handler, note string) core.Entry {
	return core.Entry{Handler: h, Level: core.Full, Note: note}
}

func partial(h core.Handler, note string) core.Entry {
	return core.Entry{Handler: h, Level: core.Partial, Note: note}
}

// both enters a routine under its mach_vm_ and its vm_ name: on a 64-bit
// system they are the same.
func (t tableOf) both(name string, e core.Entry) {
	t.Table["mach_vm_"+name] = e
	t.Table["vm_"+name] = e
}

type tableOf struct{ core.Table }

// onMap makes a Handler of a routine whose first argument is a task port
// that stands for its address space.
func onMap(min core.Flavor, f func(c *core.Ctx, m *vmMap) mach.KernReturn) core.Handler {
	return core.K(func(c *core.Ctx) mach.KernReturn {
		m, kr := mapArg(c, 0, min)
		if m == nil {
			return kr
		}
		return f(c, m)
	})
}

// mapArg gives the address space that argument i names. No right to the port
// that a message would have gone to is an error of the message; a dead task
// and a port of another kind have no map (xnu osfmk/kern/ipc_tt.c
// convert_port_to_map).
func mapArg(c *core.Ctx, i int, min core.Flavor) (*vmMap, mach.KernReturn) {
	t, ok := c.TaskArg(i, min)
	if ok && t.Alive() {
		return mapOf(t), mach.KERN_SUCCESS
	}
	if p, kr := c.PortArg(i); i == 0 && (kr != mach.KERN_SUCCESS || p == nil) {
		return nil, mach.MACH_SEND_INVALID_DEST
	}
	return nil, mach.KERN_INVALID_ARGUMENT
}

// failure turns a substrate's error into the code that fits best.
func failure(err error) mach.KernReturn {
	switch {
	case err == nil:
		return mach.KERN_SUCCESS
	case errors.Is(err, fs.ErrExist):
		return mach.KERN_NO_SPACE
	case errors.Is(err, fs.ErrPermission):
		return mach.KERN_PROTECTION_FAILURE
	case errors.Is(err, errors.ErrUnsupported):
		return mach.KERN_NOT_SUPPORTED
	case errors.Is(err, core.ErrNoSpace):
		return mach.KERN_NO_SPACE
	}
	return mach.KERN_INVALID_ADDRESS
}
