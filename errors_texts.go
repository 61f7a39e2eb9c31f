package mach

import "strings"

// A family is a run of codes. Its texts are lines that end in a newline: the
// name without the prefix, and after a blank what it means, unless the name
// says that. An empty line is a code that is not in use. One string a family
// is the smallest form, and needs no work when the program starts.
//
// errnos has a byte a code, Darwin's error number of the same meaning; codes
// beyond its end have none.
type family struct {
	first  KernReturn
	count  uint8
	down   bool // the codes count downwards
	prefix string
	texts  string
	errnos string
}

var families = [...]family{
	{KERN_SUCCESS, 58, false, "KERN_", `SUCCESS
INVALID_ADDRESS
PROTECTION_FAILURE
NO_SPACE
INVALID_ARGUMENT
FAILURE failed, no cause given
RESOURCE_SHORTAGE
NOT_RECEIVER
NO_ACCESS
MEMORY_FAILURE page lost
MEMORY_ERROR page not to be had now
ALREADY_IN_SET
NOT_IN_SET
NAME_EXISTS
ABORTED
INVALID_NAME name denotes no right
INVALID_TASK
INVALID_RIGHT wrong kind of right
INVALID_VALUE
UREFS_OVERFLOW too many user references
INVALID_CAPABILITY right not good for this
RIGHT_EXISTS right held under another name
INVALID_HOST
MEMORY_PRESENT
MEMORY_DATA_MOVED
MEMORY_RESTART_COPY
INVALID_PROCESSOR_SET
POLICY_LIMIT
INVALID_POLICY
INVALID_OBJECT
ALREADY_WAITING
DEFAULT_SET
EXCEPTION_PROTECTED
INVALID_LEDGER
INVALID_MEMORY_CONTROL
INVALID_SECURITY
NOT_DEPRESSED
TERMINATED object is gone
LOCK_SET_DESTROYED
LOCK_UNSTABLE
LOCK_OWNED
LOCK_OWNED_SELF
SEMAPHORE_DESTROYED
RPC_SERVER_TERMINATED
RPC_TERMINATE_ORPHAN
RPC_CONTINUE_ORPHAN
NOT_SUPPORTED
NODE_DOWN
NOT_WAITING
OPERATION_TIMED_OUT
CODESIGN_ERROR
POLICY_STATIC
INSUFFICIENT_BUFFER_SIZE
DENIED denied by security policy
MISSING_KC
INVALID_KC
NOT_FOUND
INVALID_GUARD_OBJECT_SLOT
`, kernErrnos},
	{MACH_SEND_IN_PROGRESS, 25, false, "MACH_SEND_", `IN_PROGRESS
INVALID_DATA
INVALID_DEST no such destination
TIMED_OUT
INVALID_VOUCHER

INTERRUPTED
MSG_TOO_SMALL
INVALID_REPLY
INVALID_RIGHT bad right in body
INVALID_NOTIFY
INVALID_MEMORY
NO_BUFFER
TOO_LARGE
INVALID_TYPE
INVALID_HEADER
INVALID_TRAILER
INVALID_CONTEXT
INVALID_OPTIONS

INVALID_RT_OOL_SIZE
NO_GRANT_DEST
MSG_FILTERED
AUX_TOO_SMALL
AUX_TOO_LARGE
`, "\x05\x05\x05\x3c\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x01"},
	{MACH_RCV_IN_PROGRESS, 19, false, "MACH_RCV_", `IN_PROGRESS
INVALID_NAME no such receive right or set
TIMED_OUT
TOO_LARGE
INTERRUPTED
PORT_CHANGED
INVALID_NOTIFY
INVALID_DATA
PORT_DIED
IN_SET
HEADER_ERROR
BODY_ERROR
INVALID_TYPE
SCATTER_SMALL
INVALID_TRAILER

IN_PROGRESS_TIMED
INVALID_REPLY
INVALID_ARGUMENTS
`, "\x05\x05\x3c"},
	{MIG_TYPE_ERROR, 10, true, "MIG_", `TYPE_ERROR
REPLY_MISMATCH
REMOTE_ERROR
BAD_ID no such routine in server
BAD_ARGUMENTS
NO_REPLY
EXCEPTION
ARRAY_TOO_LARGE
SERVER_DIED
TRAILER_ERROR
`, "\x05\x05\x05\x4e"},
	{BOOTSTRAP_NOT_PRIVILEGED, 7, false, "BOOTSTRAP_", `NOT_PRIVILEGED
NAME_IN_USE
UNKNOWN_SERVICE
SERVICE_ACTIVE
BAD_COUNT
NO_MEMORY
NO_CHILDREN
`, "\x01\x11\x02"},
	{NETNAME_NOT_YOURS, 5, false, "NETNAME_", `NOT_YOURS
NOT_CHECKED_IN
NO_SUCH_HOST
HOST_NOT_FOUND
INVALID_PORT
`, "\x01\x02\x02\x02"},
	{NETNAME_PENDING, 1, true, "NETNAME_", "PENDING\n", ""},
}

// detailNames are the bits of MACH_MSG_MASK from the top. The lowest has no
// name in C.
const detailNames = "IPC_SPACE\nVM_SPACE\nIPC_KERNEL\nVM_KERNEL\n0x200\n"

// Description explains the code in a sentence or two: when calls answer it,
// and where that is not plain, what to do. It is "" for a code that the headers
// do not name. Detail bits of a message error are explained too. The texts
// are linked only into programs that call Description.
func (k KernReturn) Description() string {
	base, detail := splitDetail(k)
	if base.CName() == "" {
		return ""
	}
	f, n := familyOf(base)
	var text string
	for i := range families {
		if f == &families[i] {
			text = nthLine(descriptions[i], n)
		}
	}
	for i, bit := 0, KernReturn(MACH_MSG_IPC_SPACE); i < len(detailDescriptions); i, bit = i+1, bit>>1 {
		if detail&bit != 0 {
			text += " " + detailDescriptions[i]
		}
	}
	return strings.TrimSpace(text)
}

var detailDescriptions = [...]string{
	"The task's name space had no room for a right.",
	"The task's address space had no room for out-of-line memory.",
	"The kernel was short of memory while it handled a right.",
	"The kernel was short of memory while it handled out-of-line memory.",
}

// descriptions has a line a code, in the order of families.
var descriptions = [len(families)]string{
	`The call did what it was asked to do.
The address is not part of the address space, is not mapped, or wraps around.
The memory is there, but its protection or maximum protection does not allow the access.
No free stretch of addresses is large enough, or the wanted place is taken; for ports, the name space is full.
An argument is not acceptable: a wrong kind of port, an unknown flavor, a count too small, a flag that does not exist.
The call could not be carried out and the kernel does not say why. For task_for_pid that is the answer to nearly everything: no such process, no privilege, a protected target.
The kernel ran out of memory or of another resource that it needs for the call.
The caller asked for something that only the holder of the port's receive right may do.
The caller is not allowed to use the object in this way.
The pager cannot give the page now or ever: a write-back failed, or the file is gone.
The pager could not give the page this time; a later try may succeed.
The port is a member of that set already.
The receive right is a member of no port set.
The port name that the caller chose denotes a right already.
The operation was aborted, by thread_abort or because the thread is being terminated.
The port name denotes no right in the name space.
The task port does not stand for a live task: it is dead, or not a task port.
The name denotes a right of a kind that does not fit the call.
A value is outside of the range that the call takes.
The number of user references would leave its range. Who sees it leaks references: usually the rights in exception messages.
The right is of the wrong kind, or of too low a rank: a read or inspect port where a control port is needed.
The task holds a send or receive right for that port under another name, and one port has one name.
The port does not stand for the host, or not for its privileged side.
A page is in the memory object's cache already.
Precious data came back in another place; internal to memory objects.
The copy strategy changed under way, and the copy has to begin again; internal to memory objects.
The port does not stand for a processor set, or not for its control side.
A priority or another scheduling parameter is beyond what the policy allows.
The scheduling policy does not exist or is not enabled.
The memory object is dead or was not set up.
Another thread is waiting for the same event, and only one may.
The default processor set cannot be destroyed.
The exception port is protected and may not be set or used like this.
The port does not stand for a ledger.
The port does not stand for a memory object's control side.
The port is not the host's security port.
The thread's priority is not depressed, so there is nothing to take back.
The object was destroyed or has ended: a semaphore, a task, a thread, a vanished service.
The lock set was destroyed while the thread waited.
The thread that held the lock ended without releasing it: what the lock guards may be in disorder.
Another thread holds the lock.
The calling thread holds the lock already.
The semaphore was destroyed while the thread waited.
The server of a remote call ended before it answered.
Tells the target of an abandoned remote call to end it; internal.
Tells the target of an abandoned remote call to go on; internal.
This system, this kind of machine or this kernel does not offer the call.
The remote host of a distributed call is down.
No thread waits on the event that was to be signalled.
The time limit passed before the event came.
The memory's code signature does not allow the operation, such as making a signed page writable or running an unsigned one.
The object's policy is fixed and cannot be set.
The caller's buffer has no room for the result; ask for the size and try again.
A security policy forbids it, whatever the caller's port rights: the sandbox, a hardened process, a missing entitlement.
The kernel collection that is needed has not been loaded.
The kernel collection is damaged or does not fit the system.
The item looked for does not exist.
The slot of the object is guarded and may not be used like this.
`,
	`The send is waiting for room in the queue; internal to the kernel.
The message's bytes could not be read from the caller's memory.
The destination name denotes no send or send-once right, or the port is dead. The message comes back with its rights.
The destination's queue stayed full for the whole time limit. The message comes back with its rights.
The voucher port of the header is not a voucher.

A signal or thread_abort interrupted the send. The message comes back with its rights.
The message is smaller than its header, or than what its descriptors say.
The local port of the header is not a right that a reply can come by.
A port right in the body is not held, or its disposition does not fit. The message was destroyed in part.
The notify port is no receive right of the task.
Out-of-line memory of the message is not mapped or not readable.
The kernel has no buffer for the message.
The message is larger than the port or the kernel takes.
A descriptor's type or a disposition does not exist.
A field of the header has an impossible value: unknown bits, a wrong disposition, a size that does not fit.
The trailer to be sent does not have the kernel's form.
The sending thread's context is not the one that the destination asks for.
The options do not fit together.

A real-time send had out-of-line memory of the wrong size. No longer answered.
The destination grants no memory. No longer answered.
The message filter of a sandbox policy refused the message.
The auxiliary data is smaller than its header.
The auxiliary data is larger than the kernel takes.
`,
	`The receive is waiting for a message; internal to the kernel.
The name denotes no receive right and no port set of the task.
No message came within the time limit.
The message and its trailer are larger than the buffer. With MACH_RCV_LARGE it is still in the queue and the header tells its size; else it is lost.
A signal or thread_abort interrupted the receive.
The receive right was moved or joined a port set in the meantime. No longer answered.
The notify port is no receive right of the task.
The message could not be written to the buffer, and is lost.
The port or set was destroyed, or moved to another task, during the receive.
The port is a member of a set, and the set must be received from. No longer answered.
A right of the header could not be delivered; the rest of the header arrived and the body was destroyed. The detail bits tell why.
A right or memory of the body could not be delivered; what is missing reads as null. The detail bits tell why.
An entry of the scatter list has the wrong type.
A region of the scatter list is smaller than the memory that came.
The trailer asked for does not exist.

The receive is waiting with a time limit; internal to the kernel.
The reply port does not keep the rules that MACH_MSG_STRICT_REPLY asks for.
The receive arguments do not fit together; nothing was received.
`,
	`The reply does not have the form that the client's stub expects: its size, its descriptors or its complex bit.
The reply carries the number of another request: client and server are built from different definitions.
The server answered with an error reply instead of a result.
The server has no routine of that number. A kernel that is older than the call answers this.
The server's stub found the request malformed.
The server routine keeps the reply for later: not an error, the server loop sends nothing.
The server raised an exception.
A result array is larger than the room the client has for it.
The server died, or the right to it went away, before it answered.
The trailer of the message has a form that the stub does not know.
`,
	`The caller may not use the bootstrap port for that.
Another server registered the name.
No server registered the name, or the sandbox hides it.
The service's receive right was handed out already.
A count is out of range.
The bootstrap server is out of memory.
The bootstrap port has no children.
`,
	`The signature does not match the one that the name was checked in with.
The name was not checked in on that host.
The host's name is unknown.
The host is known and does not answer.
The port cannot be registered.
`,
	`The look-up is under way; the result comes later.
`,
}
