package task

import "github.com/gomach/mach/internal/kernel/core"

// Table is the support table of tasks and threads.
func Table() core.Table {
	t := core.Table{}
	for _, part := range []core.Table{lookupTable(), suspendTable(), stateTable(), infoTable(), exceptionTable(), tokenTable(), specialTable(), policyTable(), controlTable(), goneTable(), raiseTable()} {
		t.Add(part)
	}
	return t
}

func full(h core.Handler) core.Entry { return core.Entry{Handler: h, Level: core.Full} }

func fullNote(h core.Handler, note string) core.Entry {
	return core.Entry{Handler: h, Level: core.Full, Note: note}
}

func partial(h core.Handler, note string) core.Entry {
	return core.Entry{Handler: h, Level: core.Partial, Note: note}
}
