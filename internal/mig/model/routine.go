package model

import (
	"github.com/gomach/mach/internal/mig/ast"
)

// Role is what an argument is to a routine.
type Role int

// The roles of arguments.
const (
	Data         Role = iota // goes in the message, or comes back in the reply
	RequestPort              // the message's destination
	ReplyPort                // where the reply goes
	WaitTime                 // how long to wait for the reply
	SendTime                 // how long to wait for room
	MsgOption                // options of mach_msg
	SeqNo                    // what the trailer says: the message's number
	SecToken                 // ... who sent it
	AuditToken               // ... in detail
	ContextToken             // ... the port's context
	Implicit                 // something else in the trailer
)

// Arg is an argument of a routine.
type Arg struct {
	Name         string
	Role         Role
	In, Out      bool // Data: in the request, in the reply
	User, Server bool // the client's function has it, the server's has it
	Type         *Type

	Dealloc        bool // the memory or rights go from the sender
	DeallocRuntime bool // the caller says whether
	CountInOut     bool // the request says how much room there is
	SameCount      *Arg // has as many elements as this one, and no count of its own
	PhysicalCopy   bool
	RetCode        bool // the failure that a message without reply tells of
	Overwrite      bool
	Auto, Const    bool
	ServerCopy     bool
}

// Routine is an operation.
type Routine struct {
	Name        string
	Number      int64 // of the request; the reply has 100 more
	Simple      bool  // no reply is sent
	Args        []*Arg
	Settings    settings
	Request     *Message
	Reply       *Message // nil if there is none
	RequestPort *Arg
	ReplyPort   *Arg // nil if no argument is
}

// roles are what the words before an argument say.
var roles = map[string]Arg{
	"in":               {Role: Data, In: true, User: true, Server: true},
	"out":              {Role: Data, Out: true, User: true, Server: true},
	"inout":            {Role: Data, In: true, Out: true, User: true, Server: true},
	"requestport":      {Role: RequestPort, User: true, Server: true},
	"replyport":        {Role: ReplyPort, User: true, Server: true},
	"sreplyport":       {Role: ReplyPort, Server: true},
	"ureplyport":       {Role: ReplyPort, User: true},
	"waittime":         {Role: WaitTime, User: true},
	"sendtime":         {Role: SendTime, User: true},
	"msgoption":        {Role: MsgOption, User: true},
	"msgseqno":         {Role: SeqNo, Server: true},
	"sectoken":         {Role: SecToken, User: true, Server: true},
	"serversectoken":   {Role: SecToken, Server: true},
	"usersectoken":     {Role: SecToken, User: true},
	"audittoken":       {Role: AuditToken, User: true, Server: true},
	"serveraudittoken": {Role: AuditToken, Server: true},
	"useraudittoken":   {Role: AuditToken, User: true},

	"servercontexttoken": {Role: ContextToken, Server: true},
	"serverimpl":         {Role: Implicit, Server: true},
	"userimpl":           {Role: Implicit, User: true},
}

func (c *checker) routine(s *ast.Routine) *Routine {
	r := &Routine{Name: s.Name.Text, Number: c.next, Simple: s.Simple, Settings: c.settings}
	var before *Arg
	names := map[string]bool{}
	for _, a := range s.Args {
		if names[a.Name.Text] {
			c.problems.Wrong(a.Name.Pos, a.Name.Text, "%s has an argument of this name", r.Name)
		}
		names[a.Name.Text] = true
		before = c.arg(r, a, before)
		r.Args = append(r.Args, before)
	}
	if r.RequestPort == nil {
		c.problems.Wrong(s.Name.Pos, s.Name.Text, "no argument is the port that the message goes to")
		return r
	}
	r.Request = r.message(true)
	if !r.Simple {
		r.Reply = r.message(false)
	}
	for _, m := range []*Message{r.Request, r.Reply} {
		if m != nil && m.Size > maxMessage {
			c.problems.Wrong(s.Name.Pos, s.Name.Text, "a message of %d bytes is larger than the kernel takes", m.Size)
		}
	}
	return r
}

// maxMessage is the most that a size of 32 bits can tell, with room for a trailer.
const maxMessage = 1<<31 - 1<<10

// arg finds out what an argument is. before is the one in front of it.
func (c *checker) arg(r *Routine, s *ast.Arg, before *Arg) *Arg {
	role, known := roles[s.Direction]
	if !known { // the first without a word is the request port
		role = roles["in"]
		if r.RequestPort == nil {
			role = roles["requestport"]
		}
	}
	a := &role
	a.Name = s.Name.Text
	if a.Type = c.argType(s); a.Type == nil {
		a.Type = broken()
		if a.Role == RequestPort {
			r.RequestPort = a
		}
		return a
	}
	c.flags(r, a, s, before)
	switch t := a.Type; a.Role {
	case RequestPort:
		if r.RequestPort != nil {
			c.problems.Odd(s.Pos, a.Name, "%s has another request port, which is not used", r.Name)
		}
		if !t.Port() || t.OutOfLine || t.Count != 1 {
			c.problems.Wrong(s.Type.Pos, s.Type.Text, "a request port is one port right")
		}
		r.RequestPort = a
	case ReplyPort:
		if !t.Port() || t.OutOfLine || t.Count != 1 {
			c.problems.Wrong(s.Type.Pos, s.Type.Text, "a reply port is one port right")
		}
		r.ReplyPort = a
	case WaitTime, SendTime, MsgOption, SeqNo:
		if t.Kernel() || t.Count*t.Bits != 32 || t.Variable {
			c.problems.Wrong(s.Type.Pos, s.Type.Text, "a number of 32 bits is wanted here")
		}
	case SecToken, AuditToken, ContextToken:
		want := map[Role]int64{SecToken: 8, AuditToken: 32, ContextToken: 8}[a.Role]
		if t.Kernel() || t.Variable || t.Bytes() != want {
			c.problems.Wrong(s.Type.Pos, s.Type.Text, "the token has %d bytes", want)
		}
	case Data:
		if r.Simple && a.Out {
			c.problems.Wrong(s.Pos, a.Name, "%s sends no reply that this could come back in", r.Name)
		}
		if a.In && a.Out && t.VariableBody() {
			c.problems.Wrong(s.Pos, a.Name, "an array of varying length in the message goes in or out, not both")
		}
	}
	return a
}

func (c *checker) argType(s *ast.Arg) *Type {
	if s.Spec == nil {
		t := c.types[s.Type.Text]
		if t == nil {
			c.problems.Wrong(s.Type.Pos, s.Type.Text, "there is no type of this name")
		}
		return t
	}
	t := c.resolve(s.Spec)
	if t == nil {
		return nil
	}
	if s.Spec.Form != ast.Native { // whose name is that of C's type
		t.Name = s.Type.Text
	}
	c.named(t, s.Spec)
	return t
}

// flags obeys the words behind an argument's type. Those that mean nothing here are told
// and dropped, as Apple's compiler does.
func (c *checker) flags(r *Routine, a *Arg, s *ast.Arg, before *Arg) {
	t := a.Type
	for _, f := range s.Flags {
		odd := func(why string) { c.problems.Odd(f.Pos, f.Name, "this does nothing: %s", why) }
		switch f.Name {
		case "dealloc":
			if !t.Kernel() {
				odd("the argument stands in the message")
				continue
			}
			a.Dealloc, a.DeallocRuntime = !f.Runtime, f.Runtime
		case "notdealloc":
			a.Dealloc = false
		case "countinout":
			if !a.Out || !t.Variable || t.OutOfLine {
				odd("the argument is no array of varying length that comes back in the message")
				continue
			}
			a.CountInOut = true
		case "samecount":
			if !t.Variable || before == nil || !before.Type.Variable {
				odd("this argument and the one before it are no arrays of varying length")
				continue
			}
			if a.SameCount = before; before.SameCount != nil {
				a.SameCount = before.SameCount
			}
		case "physicalcopy":
			if !t.OutOfLine || t.Port() {
				odd("the argument is no memory out of line")
				continue
			}
			a.PhysicalCopy = true
		case "retcode":
			if !r.Simple {
				c.problems.Wrong(f.Pos, f.Name, "%s has a reply to tell a failure in", r.Name)
			}
			a.RetCode = true
		case "overwrite":
			if !t.OutOfLine || t.Unbounded || !a.Out || a.In {
				odd("the argument is no memory out of line that comes back")
				continue
			}
			a.Overwrite = true
		case "auto":
			a.Auto = true
		case "const":
			a.Const = true
		case "servercopy":
			a.ServerCopy = true
		}
	}
}
