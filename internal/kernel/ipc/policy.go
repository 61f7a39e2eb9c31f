package ipc

import (
	"fmt"

	"github.com/gomach/mach"
)

// Policy says which messages may go to which ports (xnu osfmk/ipc/ipc_policy.c,
// ipc_validate_kmsg_dest_from_user). Since macOS 13 libSystem tells the kernel
// what each message is for: mach_msg and its relatives send to message queues,
// the routines of <mach/task.h> and the like to objects of the kernel. A port
// of the other kind answers MACH_SEND_INVALID_OPTIONS.
type Policy uint8

const (
	// MacOS13 is macOS 13 and later with System Integrity Protection off: no
	// mach_msg to an object of the kernel; a routine for one may go to a
	// message queue.
	MacOS13 Policy = iota
	// MacOS13SIP is macOS 13 and later with System Integrity Protection on:
	// neither.
	MacOS13SIP
	// MacOS12 is macOS 12: both.
	MacOS12
)

var policies = [...]string{"macos13", "macos13-sip", "macos12"}

func (p Policy) String() string { return policies[p] }

// ParsePolicy is the policy of a name: macos13 (or nothing), macos13-sip or
// macos12.
func ParsePolicy(s string) (Policy, error) {
	if s == "" {
		return MacOS13, nil
	}
	for i, name := range policies {
		if s == name {
			return Policy(i), nil
		}
	}
	return 0, fmt.Errorf("message policy %q: it is one of %s, %s, %s", s, policies[0], policies[1], policies[2])
}

// refuses reports whether a message of mach_msg, or of a routine for objects of
// the kernel, may not go to a port.
func (p Policy) refuses(kobject bool, to *Port) bool {
	switch is := to.isObject(); {
	case kobject == is:
		return false
	case is:
		return p != MacOS12
	default:
		return p == MacOS13SIP
	}
}

// isObject tells the ports of kernel objects from message queues. The bootstrap
// port, which a task serves on Darwin, is none.
func (p *Port) isObject() bool { return p.kernel && p.kind != mach.IPC_OTYPE_NONE }
