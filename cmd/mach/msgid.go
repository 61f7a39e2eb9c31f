package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/internal/gen"
	"github.com/gomach/mach/internal/proto"
)

// message is a message of a MIG routine or a notification.
type message struct {
	ID        int32       `json:"id"`
	Subsystem string      `json:"subsystem"`
	Routine   string      `json:"routine"`
	Reply     bool        `json:"reply"`
	Size      int         `json:"size,omitempty"` // with arrays at their largest
	Fields    []wireField `json:"fields,omitempty"`
}

type wireField struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Offset int    `json:"offset"`
}

func msgidCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "msgid ID|ROUTINE",
		Short: "Which routine a message id is for",
		Long:  "msgid tells which MIG routine or notification a message id (msgh_id) is for, and\nwhere the fields of the message are. A reply has its request's id and 100. The other\nway round, it tells the id of a routine.",
		Args:  exactly("ID or ROUTINE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := reference()
			if err != nil {
				return err
			}
			found, err := messages(g, args[0])
			if err != nil {
				return err
			}
			return emit(cmd, found, func(w *printer) { printEach(w, found, func(w *printer, m message) { m.print(w) }) })
		},
	}
}

func messages(g *gen.Gen, want string) ([]message, error) {
	var found []message
	byNumber := isNumber(want)
	id, _ := number(want)
	for _, r := range proto.Routines {
		if !byNumber && r.Name == want || byNumber && int64(r.ID) == id {
			found = append(found, newMessage(r, false))
		}
		if (!byNumber && r.Name == want || byNumber && int64(r.ID)+100 == id) && len(r.Reply.Fields) > 0 {
			found = append(found, newMessage(r, true))
		}
	}
	for _, x := range exceptionRoutines {
		switch {
		case byNumber && int64(x.ID) == id, !byNumber && x.Routine == want:
			found = append(found, x)
		case byNumber && int64(x.ID)+100 == id:
			x.ID, x.Reply = x.ID+100, true
			found = append(found, x)
		}
	}
	for _, k := range g.Constants() {
		v, err := number(k.Values["arm64"])
		if strings.HasPrefix(k.C, "MACH_NOTIFY_") && err == nil && v > 0 && (byNumber && v == id || k.C == want) && !strings.HasSuffix(k.C, "FIRST") && !strings.HasSuffix(k.C, "LAST") {
			found = append(found, message{ID: int32(v), Subsystem: "notify", Routine: k.C})
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no routine and no notification of the system has %s: %w", want, errNotFound)
	}
	slices.SortStableFunc(found, func(a, b message) int { return int(a.ID - b.ID) })
	return found, nil
}

// exceptionRoutines are those that the measured layouts lack: no header has their
// messages (xnu osfmk/mach/mach_exc.defs).
var exceptionRoutines = []message{
	{ID: 2405, Subsystem: "mach_exc", Routine: "mach_exception_raise"},
	{ID: 2406, Subsystem: "mach_exc", Routine: "mach_exception_raise_state"},
	{ID: 2407, Subsystem: "mach_exc", Routine: "mach_exception_raise_state_identity"},
	{ID: 2408, Subsystem: "mach_exc", Routine: "mach_exception_raise_identity_protected"},
	{ID: 2409, Subsystem: "mach_exc", Routine: "mach_exception_raise_backtrace"},
	{ID: 2410, Subsystem: "mach_exc", Routine: "mach_exception_raise_state_identity_protected"},
}

func newMessage(r proto.Routine, reply bool) message {
	m, x := r.Request, message{ID: r.ID, Subsystem: r.Subsystem, Routine: r.Name, Reply: reply}
	if reply {
		m, x.ID = r.Reply, r.ID+100
	}
	x.Size = m.Size
	for _, f := range m.Fields {
		x.Fields = append(x.Fields, wireField{f.Name, f.Type, f.Offset})
	}
	return x
}

func (m message) print(w *printer) {
	kind := "request to"
	switch {
	case m.Subsystem == "notify":
		kind = "notification"
	case m.Reply:
		kind = "reply of"
	}
	w.line(fmt.Sprintf("%d: %s %s, subsystem %s", m.ID, kind, m.Routine, m.Subsystem))
	if len(m.Fields) == 0 {
		return
	}
	var rows [][]string
	for _, f := range m.Fields {
		rows = append(rows, []string{fmt.Sprint(f.Offset), f.Name, f.Type})
	}
	w.table([]string{">OFFSET", "FIELD", "TYPE"}, rows)
	w.line(fmt.Sprintf("at most %d bytes", m.Size))
}
