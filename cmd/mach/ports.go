package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// portRight is a name of a task, as lsmp prints it.
type portRight struct {
	Name       address     `json:"name"`
	Object     address     `json:"object"` // the same in every task
	Rights     []string    `json:"rights"`
	References uint32      `json:"references"`
	DeadNotice bool        `json:"dead_name_request,omitempty"`
	Queue      *portQueue  `json:"queue,omitempty"` // of a receive right
	Members    []address   `json:"members,omitempty"`
	Kernel     string      `json:"kernel_object,omitempty"`
	Ends       []otherEnd  `json:"other_ends,omitempty"`
	Context    *address    `json:"context,omitempty"` // of a receive right
	Service    string      `json:"service,omitempty"` // its name with the bootstrap server
	object     task.Right  // as the library has it
	kind       kernelsKind // what Kernel names
}

type kernelsKind = mach.IPCInfoObjectType

// portQueue is what the holder of a receive right may know of the port.
type portQueue struct {
	Messages      uint32  `json:"messages"`
	Limit         uint32  `json:"limit"`
	Sequence      uint32  `json:"sequence_number"`
	MadeSends     uint32  `json:"make_send_count"`
	Senders       bool    `json:"senders"`
	SendOnce      uint32  `json:"send_once"`
	InSets        uint32  `json:"in_port_sets"`
	NoSenders     bool    `json:"no_senders_request"`
	PortDestroyed bool    `json:"port_destroyed_request"`
	Flags         address `json:"flags"`
}

// otherEnd is a process with a right to the same port.
type otherEnd struct {
	PID    int    `json:"pid"`
	Name   string `json:"name"`
	Right  string `json:"right"`
	AsName string `json:"as"` // its name for the port
}

func portsCommand() *cobra.Command {
	var names []string
	c := &cobra.Command{
		Use:   "ports [PID]",
		Short: "The port rights of a process, and who holds the other end",
		Long: `ports lists the names in a process's port name space, as lsmp(1) does: what rights a
name stands for, how many references, the messages in the queue and its limit, and who
holds the other end: the kernel, with what the port stands for, or processes that may
be looked at. Objects with the same number are the same port. Without a PID it counts
the rights of every process that may be looked at.

FLAGS of receive rights: T the owner is temporary, G guarded, S strictly, I gives
importance, R a send right revives it, P the port of a task, M it may not move, N no send
rights are granted. REQS: D somebody wants to know when a name dies, N when there are no
senders, P when the port is destroyed. CONTEXT is the number that the receiver gave the
port, or its guard.

The bootstrap server does not list its services: the ports of those that --service names
are shown with the name, and its own port always.

On Linux a process has the rights that its own hosted kernel gave it, and those are not
seen from outside: the list is empty, but for programs under darwinrun.`,
		Args:              optional("PID"),
		ValidArgsFunction: completePID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return countAllPorts(cmd)
			}
			return inspect(cmd, args[0], func(t *task.Task, pid int) error {
				found, err := portRights(t)
				if err != nil {
					return err
				}
				spaces := otherSpaces(cmd.Context(), pid)
				spaces.find(found)
				if err := nameServices(found, names); err != nil {
					return err
				}
				counts := countRights(found)
				return emit(cmd, struct {
					PID    int         `json:"pid"`
					Ports  []portRight `json:"ports"`
					Counts portCounts  `json:"counts"`
				}{pid, found, counts}, func(w *printer) { printPorts(w, found, counts) })
			})
		},
	}
	c.Flags().StringSliceVar(&names, "service", nil, "look these services up with the bootstrap server, and name their ports")
	return c
}

// portRights lists the names with what the kernel tells of each. A name that goes
// away meanwhile stays without its details.
func portRights(t *task.Task) ([]portRight, error) {
	list, err := t.Rights()
	if err != nil {
		return nil, err
	}
	out := make([]portRight, 0, len(list))
	for _, r := range list {
		p := portRight{
			Name: address(r.Name), Object: address(r.Object), Rights: rightNames(r), References: uint32(r.References),
			DeadNotice: r.Has(mach.MACH_PORT_TYPE_DNREQUEST), object: r,
		}
		switch {
		case r.Has(mach.MACH_PORT_TYPE_PORT_SET):
			if members, err := t.PortSetMembers(r.Name); err == nil {
				for _, m := range members {
					p.Members = append(p.Members, address(m))
				}
			}
		case r.Has(mach.MACH_PORT_TYPE_RECEIVE):
			if s, err := t.PortStatus(r.Name); err == nil {
				p.Queue = newPortQueue(s)
			}
			var context mach.MachPortContext
			if mach.MachPortGetContext(t.Name(), r.Name, &context) == nil {
				p.Context = (*address)(&context)
			}
		case r.Has(mach.MACH_PORT_TYPE_SEND):
			if kind, err := t.KernelObject(r.Name); err == nil && kind != mach.IPC_OTYPE_NONE {
				p.Kernel, p.kind = kernelObject(kind), kind
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func newPortQueue(s mach.MachPortStatus) *portQueue {
	return &portQueue{
		Messages: uint32(s.MpsMsgcount), Limit: uint32(s.MpsQlimit), Sequence: uint32(s.MpsSeqno), MadeSends: uint32(s.MpsMscount),
		Senders: s.MpsSrights != 0, SendOnce: uint32(s.MpsSorights), InSets: uint32(s.MpsPset),
		NoSenders: s.MpsNsrequest != 0, PortDestroyed: s.MpsPdrequest != 0, Flags: address(s.MpsFlags),
	}
}

// kernelObject is the word for an IPC_OTYPE_ constant, as lsmp writes it.
func kernelObject(kind mach.IPCInfoObjectType) string {
	return strings.ReplaceAll(strings.TrimPrefix(kind.String(), "IPC_OTYPE_"), "_", "-")
}

func rightNames(r task.Right) (names []string) {
	for _, k := range []struct {
		kind mach.MachPortType_t
		name string
	}{
		{mach.MACH_PORT_TYPE_RECEIVE, "recv"}, {mach.MACH_PORT_TYPE_SEND, "send"}, {mach.MACH_PORT_TYPE_SEND_ONCE, "send-once"},
		{mach.MACH_PORT_TYPE_PORT_SET, "port-set"}, {mach.MACH_PORT_TYPE_DEAD_NAME, "dead-name"},
	} {
		if r.Has(k.kind) {
			names = append(names, k.name)
		}
	}
	return names
}

// portCounts are how many names there are of each kind.
type portCounts struct {
	Total    int `json:"total"`
	Send     int `json:"send"`
	Receive  int `json:"receive"`
	SendOnce int `json:"send_once"`
	PortSet  int `json:"port_set"`
	DeadName int `json:"dead_name"`
}

func countRights(list []portRight) (n portCounts) {
	for _, p := range list {
		n.Total++
		for kind, count := range map[mach.MachPortType_t]*int{
			mach.MACH_PORT_TYPE_SEND: &n.Send, mach.MACH_PORT_TYPE_RECEIVE: &n.Receive, mach.MACH_PORT_TYPE_SEND_ONCE: &n.SendOnce,
			mach.MACH_PORT_TYPE_PORT_SET: &n.PortSet, mach.MACH_PORT_TYPE_DEAD_NAME: &n.DeadName,
		} {
			if p.object.Has(kind) {
				*count++
			}
		}
	}
	return n
}

func printPorts(w *printer, list []portRight, n portCounts) {
	var rows [][]string
	for _, p := range list {
		sent, once, queue, context := "", "", "", ""
		if p.Context != nil {
			context = fmt.Sprintf("%#x", uint64(*p.Context))
		}
		if q := p.Queue; q != nil {
			sent, once = fmt.Sprint(q.MadeSends), fmt.Sprint(q.SendOnce)
			queue = fmt.Sprintf("%d/%d", q.Messages, q.Limit)
		}
		rows = append(rows, []string{
			fmt.Sprintf("0x%08x", uint64(p.Name)), fmt.Sprintf("0x%08x", uint64(p.Object)), strings.Join(p.Rights, ","), p.flags(), p.requests(),
			fmt.Sprint(p.References), sent, once, queue, context, p.end(),
		})
	}
	if len(rows) > 0 {
		w.table([]string{"NAME", "OBJECT", "RIGHTS", "FLAGS", "REQS", ">REFS", ">MADE", ">ONCE", ">QUEUE", ">CONTEXT", "OTHER END"}, rows)
		w.line()
	}
	w.line(fmt.Sprintf("%d names: %d send, %d receive, %d send-once, %d port sets, %d dead", n.Total, n.Send, n.Receive, n.SendOnce, n.PortSet, n.DeadName))
}

// flags are a letter for each of MACH_PORT_STATUS_FLAG_ that is set.
func (p portRight) flags() string {
	if p.Queue == nil {
		return ""
	}
	return letters(uint32(p.Queue.Flags), []flagLetter{
		{mach.MACH_PORT_STATUS_FLAG_TEMPOWNER, 'T'}, {mach.MACH_PORT_STATUS_FLAG_GUARDED, 'G'}, {mach.MACH_PORT_STATUS_FLAG_STRICT_GUARD, 'S'},
		{mach.MACH_PORT_STATUS_FLAG_IMP_DONATION, 'I'}, {mach.MACH_PORT_STATUS_FLAG_REVIVE, 'R'},
		{mach.MACH_PORT_STATUS_FLAG_TASKPTR, 'P'}, {mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE, 'M'}, {mach.MACH_PORT_STATUS_FLAG_NO_GRANT, 'N'},
	})
}

func (p portRight) requests() string {
	var bits uint32
	if p.DeadNotice {
		bits |= 1
	}
	if p.Queue != nil && p.Queue.NoSenders {
		bits |= 2
	}
	if p.Queue != nil && p.Queue.PortDestroyed {
		bits |= 4
	}
	return letters(bits, []flagLetter{{1, 'D'}, {2, 'N'}, {4, 'P'}})
}

type flagLetter struct {
	bit    uint32
	letter byte
}

// letters shows flags as ls does: a letter where one is set, a dash where not.
func letters(v uint32, list []flagLetter) string {
	b := make([]byte, len(list))
	for i, f := range list {
		b[i] = '-'
		if v&f.bit != 0 {
			b[i] = f.letter
		}
	}
	return string(b)
}

// end says in words who holds the other end.
func (p portRight) end() string {
	var parts []string
	if p.Service != "" {
		parts = append(parts, "service "+p.Service)
	}
	if p.Kernel != "" {
		parts = append(parts, "kernel: "+p.Kernel)
	}
	for _, m := range p.Members {
		parts = append(parts, fmt.Sprintf("0x%08x", uint64(m)))
	}
	for _, e := range p.Ends {
		parts = append(parts, fmt.Sprintf("%s %d %s", e.Right, e.PID, e.Name))
	}
	return strings.Join(parts, ", ")
}
