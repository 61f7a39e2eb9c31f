package conformance_test

import (
	"os"
	"testing"

	"github.com/gomach/mach"
)

// trailerOf asks for the elements of a format 0 trailer.
func trailerOf(elements uint32) mach.MachMsgOption { return mach.MachMsgOption(elements << 24) }

// audit is the task's own audit token.
func auditToken(t testing.TB) (a mach.AuditToken) {
	t.Helper()
	n := mach.TASK_AUDIT_TOKEN_COUNT
	ok(t, "task_info", mach.TaskInfo(self(), mach.TASK_AUDIT_TOKEN, mach.Info(&a), &n))
	equal(t, "count", n, 8)
	return a
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_add_trailer: each size of trailer.
func TestTrailers(t *testing.T) {
	begin(t)
	p := sendPort(t)
	ok(t, "mach_port_set_context", mach.MachPortSetContext(self(), p, guardWord))
	ok(t, "mach_port_set_seqno", mach.MachPortSetSeqno(self(), p, 60))
	mine := auditToken(t)
	var sec mach.SecurityToken
	n := mach.TASK_SECURITY_TOKEN_COUNT
	ok(t, "task_info", mach.TaskInfo(self(), mach.TASK_SECURITY_TOKEN, mach.Info(&sec), &n))
	for i, c := range []struct{ elements, size uint32 }{
		{mach.MACH_RCV_TRAILER_NULL, 8}, {mach.MACH_RCV_TRAILER_SEQNO, 12}, {mach.MACH_RCV_TRAILER_SENDER, 20},
		{mach.MACH_RCV_TRAILER_AUDIT, 52}, {mach.MACH_RCV_TRAILER_CTX, 60}, {mach.MACH_RCV_TRAILER_AV, 68},
	} {
		ok(t, "mach_msg", poke(p, 1))
		b := receive(t, p, trailerOf(c.elements))
		tr := pick[mach.MachMsgMacTrailer](b, trailer(b))
		equal(t, "trailer type", tr.MsghTrailerType, mach.MACH_MSG_TRAILER_FORMAT_0)
		equal(t, "trailer size", tr.MsghTrailerSize, c.size)
		if c.elements >= mach.MACH_RCV_TRAILER_SEQNO {
			equal(t, "sequence number", tr.MsghSeqno, uint32(60+i))
		}
		if c.elements >= mach.MACH_RCV_TRAILER_SENDER {
			equal(t, "sender", tr.MsghSender, sec)
		}
		if c.elements >= mach.MACH_RCV_TRAILER_AUDIT {
			equal(t, "audit token", tr.MsghAudit, mine)
		}
		if c.elements >= mach.MACH_RCV_TRAILER_CTX {
			equal(t, "context", tr.MsghContext.Uint64(), guardWord)
		}
	}
}

// xnu bsd/kern/kern_credential.c, set_security_token_task_internal: what the
// tokens hold.
func TestTokens(t *testing.T) {
	begin(t)
	a := auditToken(t)
	equal(t, "effective user id", a.Val[1], uint32(os.Geteuid()))
	equal(t, "effective group id", a.Val[2], uint32(os.Getegid()))
	equal(t, "real user id", a.Val[3], uint32(os.Getuid()))
	equal(t, "real group id", a.Val[4], uint32(os.Getgid()))
	equal(t, "process id", a.Val[5], uint32(os.Getpid()))
	var sec mach.SecurityToken
	n := mach.TASK_SECURITY_TOKEN_COUNT
	ok(t, "task_info", mach.TaskInfo(self(), mach.TASK_SECURITY_TOKEN, mach.Info(&sec), &n))
	equal(t, "count", n, mach.TASK_SECURITY_TOKEN_COUNT)
	equal(t, "user id", sec.Val[0], uint32(os.Geteuid()))
	equal(t, "group id", sec.Val[1], uint32(os.Getegid()))
}

// xnu osfmk/ipc/mach_msg.c, KERNEL_SECURITY_TOKEN and KERNEL_AUDIT_TOKEN: who
// sends notifications.
func TestKernelTrailer(t *testing.T) {
	begin(t)
	p := newPort(t)
	dropSend(t, sendOnce(t, p))
	b := receive(t, p, trailerOf(mach.MACH_RCV_TRAILER_AUDIT))
	equal(t, "id", b.head().MsghID, mach.MACH_NOTIFY_SEND_ONCE)
	tr := pick[mach.MachMsgAuditTrailer](b, trailer(b))
	equal(t, "sender", tr.MsghSender, mach.SecurityToken{Val: [2]uint32{0, 1}})
	equal(t, "audit token", tr.MsghAudit, mach.AuditToken{})
}

// xnu osfmk/ipc/ipc_mqueue.c: sequence numbers count messages received from
// the port, also through a set.
func TestSequenceNumbers(t *testing.T) {
	begin(t)
	p, s := sendPort(t), newSet(t)
	ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), p, s))
	for i := uint32(0); i < 4; i++ {
		ok(t, "mach_msg", poke(p, 1))
		from := p
		if i%2 == 1 {
			from = s
		}
		b := receive(t, from, trailerOf(mach.MACH_RCV_TRAILER_SEQNO))
		equal(t, "sequence number", pick[mach.MachMsgSeqnoTrailer](b, trailer(b)).MsghSeqno, i)
	}
	equal(t, "sequence number in the status", status(t, p).MpsSeqno, 4)
	ok(t, "mach_port_set_seqno", mach.MachPortSetSeqno(self(), p, 0xffffffff))
	for _, w := range []uint32{0xffffffff, 0} {
		ok(t, "mach_msg", poke(p, 1))
		b := receive(t, p, trailerOf(mach.MACH_RCV_TRAILER_SEQNO))
		equal(t, "sequence number", pick[mach.MachMsgSeqnoTrailer](b, trailer(b)).MsghSeqno, w)
	}
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_put_to_user: the room must hold message
// and trailer.
func TestTrailerRoom(t *testing.T) {
	begin(t)
	p := sendPort(t)
	b := newBuffer(headerSize + 52)
	ok(t, "mach_msg", poke(p, 1))
	audit := mach.MACH_RCV_MSG | mach.MACH_RCV_TIMEOUT | mach.MACH_RCV_LARGE | trailerOf(mach.MACH_RCV_TRAILER_AUDIT)
	want(t, "mach_msg", mach.MachMsg(b.head(), audit, 0, headerSize+48, p, 0, none), mach.MACH_RCV_TOO_LARGE)
	ok(t, "mach_msg", mach.MachMsg(b.head(), audit, 0, headerSize+52, p, 0, none))
}
