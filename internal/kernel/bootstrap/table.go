package bootstrap

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Table are the calls of <servers/bootstrap.h>.
func Table() core.Table {
	const shared = "names are shared by the tasks of one kernel only"
	full := func(f func(*core.Ctx) mach.KernReturn) core.Entry {
		return core.Entry{Handler: core.K(f), Level: core.Full, Note: shared}
	}
	partial := func(f func(*core.Ctx) mach.KernReturn, note string) core.Entry {
		return core.Entry{Handler: core.K(f), Level: core.Partial, Note: note}
	}
	return core.Table{
		"bootstrap_look_up":        full(withName(mach.BOOTSTRAP_UNKNOWN_SERVICE, lookUp)),
		"bootstrap_check_in":       full(withName(mach.BOOTSTRAP_UNKNOWN_SERVICE, checkIn)),
		"bootstrap_status":         full(withName(mach.BOOTSTRAP_UNKNOWN_SERVICE, status)),
		"bootstrap_register":       full(withName(mach.BOOTSTRAP_BAD_COUNT, register)),
		"bootstrap_create_service": full(withName(mach.BOOTSTRAP_BAD_COUNT, createService)),
		"bootstrap_create_server":  partial(createServer, "the command is not started; the port is that of the bootstrap server"),
		"bootstrap_subset":         full(subset),
		"bootstrap_parent":         full(parent),
		"bootstrap_unprivileged":   full(unprivileged),
		"bootstrap_strerror":       {Handler: strerror, Level: core.Full},
	}
}
