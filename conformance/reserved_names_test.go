package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach"
)

// reserved is what each routine of mach/mach_port.h answers for MACH_PORT_NULL
// and MACH_PORT_DEAD as its name (xnu osfmk/ipc/mach_port.c and mach_debug.c:
// what each does where MACH_PORT_VALID is false; those that do not ask look the
// name up, and it denotes nothing).
type reserved struct {
	fn   string
	null mach.KernReturn
	dead mach.KernReturn
	what string // which flavor, right or argument
	call func(name mach.MachPort) error
}

func both(fn string, code mach.KernReturn, what string, call func(mach.MachPort) error) reserved {
	return reserved{fn, code, code, what, call}
}

// reservedNames is the table. other is a receive right with a send right, set a
// port set.
func reservedNames(other, set mach.MachPort) []reserved {
	const right, absent, value = mach.KERN_INVALID_RIGHT, mach.KERN_INVALID_NAME, mach.KERN_INVALID_VALUE
	type P = mach.MachPort
	var (
		ty       mach.MachPortType_t
		n, m     uint32
		word     uint64
		list     *mach.MachPort
		name     mach.MachPort
		kind     mach.MachMsgTypeName
		size     mach.MachMsgSize
		id       int32
		room     [80]byte
		info     mach.MachPortInfoExt
		limits   = mach.MachPortLimits{MplQlimit: 1}
		otype    mach.IPCInfoObjectType
		text     mach.KobjectDescription
		service  mach.MachServicePortInfo
		guard    mach.MachPortGuardInfo
		receive  = mach.MACH_PORT_RIGHT_RECEIVE
		infoRoom = mach.MACH_PORT_INFO_EXT_COUNT
	)
	table := []reserved{
		{"mach_port_type", absent, 0, "", func(p P) error { return mach.MachPortType(self(), p, &ty) }},
		{"_kernelrpc_mach_port_type_trap", absent, 0, "", func(p P) error { return mach.KernelrpcMachPortTypeTrap(self(), p, &ty) }},
		both("mach_port_allocate_name", value, "", func(p P) error { return mach.MachPortAllocateName(self(), receive, p) }),
		both("mach_port_allocate_full", value, "name asked for", func(p P) error {
			q := mach.MachPortQOS{Bits: 1} // the name bit
			return mach.MachPortAllocateFull(self(), receive, none, &q, &p)
		}),
		both("mach_port_destroy", 0, "", func(p P) error { return mach.MachPortDestroy(self(), p) }),
		both("mach_port_deallocate", 0, "", func(p P) error { return mach.MachPortDeallocate(self(), p) }),
		both("_kernelrpc_mach_port_deallocate_trap", 0, "", func(p P) error { return mach.KernelrpcMachPortDeallocateTrap(self(), p) }),
		both("mach_port_peek", right, "", func(p P) error {
			n, m = 0, 52
			return mach.MachPortPeek(self(), p, 0, &n, &size, &id, &room[0], &m)
		}),
		both("mach_port_set_mscount", right, "", func(p P) error { return mach.MachPortSetMscount(self(), p, 1) }),
		both("mach_port_set_seqno", right, "", func(p P) error { return mach.MachPortSetSeqno(self(), p, 1) }),
		both("mach_port_get_context", right, "", func(p P) error { return mach.MachPortGetContext(self(), p, &word) }),
		both("mach_port_set_context", right, "", func(p P) error { return mach.MachPortSetContext(self(), p, 1) }),
		both("mach_port_get_set_status", right, "", func(p P) error { return mach.MachPortGetSetStatus(self(), p, &list, &n) }),
		both("mach_port_move_member", right, "member", func(p P) error { return mach.MachPortMoveMember(self(), p, set) }),
		both("_kernelrpc_mach_port_move_member_trap", right, "member", func(p P) error { return mach.KernelrpcMachPortMoveMemberTrap(self(), p, set) }),
		{"mach_port_move_member", mach.KERN_NOT_IN_SET, right, "after", func(p P) error { return mach.MachPortMoveMember(self(), other, p) }},
		both("mach_port_insert_member", right, "name", func(p P) error { return mach.MachPortInsertMember(self(), p, set) }),
		both("mach_port_insert_member", right, "pset", func(p P) error { return mach.MachPortInsertMember(self(), other, p) }),
		both("_kernelrpc_mach_port_insert_member_trap", right, "name", func(p P) error { return mach.KernelrpcMachPortInsertMemberTrap(self(), p, set) }),
		both("mach_port_extract_member", right, "name", func(p P) error { return mach.MachPortExtractMember(self(), p, set) }),
		both("mach_port_extract_member", right, "pset", func(p P) error { return mach.MachPortExtractMember(self(), other, p) }),
		both("_kernelrpc_mach_port_extract_member_trap", right, "pset", func(p P) error { return mach.KernelrpcMachPortExtractMemberTrap(self(), other, p) }),
		both("mach_port_insert_right", value, "name", func(p P) error {
			return mach.MachPortInsertRight(self(), p, other, mach.MACH_MSG_TYPE_MAKE_SEND)
		}),
		both("mach_port_insert_right", absent, "poly", func(p P) error {
			return mach.MachPortInsertRight(self(), other, p, mach.MACH_MSG_TYPE_COPY_SEND)
		}),
		both("mach_port_get_srights", absent, "", func(p P) error { return mach.MachPortGetSrights(self(), p, &n) }),
		both("mach_port_dnrequest_info", absent, "", func(p P) error { return mach.MachPortDnrequestInfo(self(), p, &n, &m) }),
		both("mach_port_kobject", absent, "", func(p P) error { return mach.MachPortKobject(self(), p, &otype, &word) }),
		both("mach_port_kernel_object", absent, "", func(p P) error { return mach.MachPortKernelObject(self(), p, &otype, &n) }),
		both("mach_port_kobject_description", absent, "", func(p P) error {
			return mach.MachPortKobjectDescription(self(), p, &otype, &word, &text)
		}),
		both("mach_port_destruct", absent, "", func(p P) error { return mach.MachPortDestruct(self(), p, 0, 0) }),
		both("_kernelrpc_mach_port_destruct_trap", absent, "", func(p P) error { return mach.KernelrpcMachPortDestructTrap(self(), p, 0, 0) }),
		both("mach_port_guard", absent, "", func(p P) error { return mach.MachPortGuard(self(), p, 1, 0) }),
		both("_kernelrpc_mach_port_guard_trap", absent, "", func(p P) error { return mach.KernelrpcMachPortGuardTrap(self(), p, 1, 0) }),
		both("mach_port_unguard", absent, "", func(p P) error { return mach.MachPortUnguard(self(), p, 1) }),
		both("_kernelrpc_mach_port_unguard_trap", absent, "", func(p P) error { return mach.KernelrpcMachPortUnguardTrap(self(), p, 1) }),
		both("mach_port_guard_with_flags", absent, "", func(p P) error { return mach.MachPortGuardWithFlags(self(), p, 1, 0) }),
		both("mach_port_swap_guard", absent, "", func(p P) error { return mach.MachPortSwapGuard(self(), p, 1, 2) }),
		both("mach_port_is_connection_for_service", absent, "connection", func(p P) error {
			return mach.MachPortIsConnectionForService(self(), p, other, &word)
		}),
		both("mach_port_is_connection_for_service", absent, "service", func(p P) error {
			return mach.MachPortIsConnectionForService(self(), other, p, &word)
		}),
		both("mach_port_get_service_port_info", right, "", func(p P) error {
			return mach.MachPortGetServicePortInfo(self(), p, &service)
		}),
		both("mach_port_assert_attributes", right, "", func(p P) error {
			return mach.MachPortAssertAttributes(self(), p, mach.MACH_PORT_GUARD_INFO, mach.Info(&guard), mach.MACH_PORT_GUARD_INFO_COUNT)
		}),
	}
	for r := mach.MachPortRight(0); r < mach.MACH_PORT_RIGHT_NUMBER; r++ {
		code := absent
		if r == mach.MACH_PORT_RIGHT_SEND || r == mach.MACH_PORT_RIGHT_SEND_ONCE {
			code = 0
		}
		table = append(table,
			both("mach_port_get_refs", code, r.String(), func(p P) error { return mach.MachPortGetRefs(self(), p, r, &n) }),
			both("mach_port_mod_refs", code, r.String(), func(p P) error { return mach.MachPortModRefs(self(), p, r, -1) }),
			both("_kernelrpc_mach_port_mod_refs_trap", code, r.String(), func(p P) error {
				return mach.KernelrpcMachPortModRefsTrap(self(), p, r, -1)
			}))
	}
	for how := mach.MACH_MSG_TYPE_MOVE_RECEIVE; how <= mach.MACH_MSG_TYPE_MAKE_SEND_ONCE; how++ {
		table = append(table, both("mach_port_extract_right", right, how.String(), func(p P) error {
			return mach.MachPortExtractRight(self(), p, how, &name, &kind)
		}))
	}
	for what, code := range map[int32]mach.KernReturn{
		mach.MACH_NOTIFY_PORT_DESTROYED: right, mach.MACH_NOTIFY_NO_SENDERS: right,
		mach.MACH_NOTIFY_DEAD_NAME: mach.KERN_INVALID_ARGUMENT, mach.MACH_NOTIFY_SEND_POSSIBLE: mach.KERN_INVALID_ARGUMENT,
	} {
		table = append(table,
			both("mach_port_request_notification", code, "", func(p P) error {
				return mach.MachPortRequestNotification(self(), p, what, 0, none, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &name)
			}),
			both("_kernelrpc_mach_port_request_notification_trap", code, "", func(p P) error {
				err := mach.KernelrpcMachPortRequestNotificationTrap(self(), p, what, 0, other, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &name)
				drain(other)
				return err
			}))
	}
	for flavor, code := range map[mach.MachPortFlavor]mach.KernReturn{
		mach.MACH_PORT_LIMITS_INFO: 0, mach.MACH_PORT_DNREQUESTS_SIZE: 0,
		mach.MACH_PORT_RECEIVE_STATUS: right, mach.MACH_PORT_INFO_EXT: right, mach.MACH_PORT_SERVICE_THROTTLED: right,
	} {
		table = append(table,
			both("mach_port_get_attributes", code, flavor.String(), func(p P) error {
				n = infoRoom
				return mach.MachPortGetAttributes(self(), p, flavor, mach.Info(&info), &n)
			}),
			both("_kernelrpc_mach_port_get_attributes_trap", code, flavor.String(), func(p P) error {
				n = infoRoom
				return mach.KernelrpcMachPortGetAttributesTrap(self(), p, flavor, mach.Info(&info), &n)
			}))
	}
	for _, flavor := range []mach.MachPortFlavor{
		mach.MACH_PORT_LIMITS_INFO, mach.MACH_PORT_DNREQUESTS_SIZE, mach.MACH_PORT_TEMPOWNER,
		mach.MACH_PORT_IMPORTANCE_RECEIVER, mach.MACH_PORT_DENAP_RECEIVER, mach.MACH_PORT_SERVICE_THROTTLED,
	} {
		table = append(table, both("mach_port_set_attributes", right, flavor.String(), func(p P) error {
			return mach.MachPortSetAttributes(self(), p, flavor, mach.Info(&limits), 1)
		}))
	}
	return table
}

func TestReservedNames(t *testing.T) {
	begin(t)
	for _, c := range reservedNames(sendPort(t), newSet(t)) {
		for name, code := range map[mach.MachPort]mach.KernReturn{mach.MACH_PORT_NULL: c.null, mach.MACH_PORT_DEAD: c.dead} {
			err := c.call(name)
			got := codeOf(err)
			if realMac() && got == mach.KERN_NOT_SUPPORTED && c.fn == "mach_port_get_service_port_info" {
				continue // older kernels, as the text says
			}
			if got != code {
				t.Errorf("%s of %#x (%s): %v, want %v", c.fn, uint32(name), c.what, err, code)
			} else {
				record(c.fn, got)
			}
		}
	}
}

// What the texts say about the two names is what the table has: the paragraph
// about them names the codes and no others, and says "succeed" where there is none.
func TestReservedNamesInTheTexts(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "internal", "gen", "doc", "mach_port.txt"))
	if err != nil {
		t.Skip("the texts are not at hand: ", err)
	}
	texts := map[string]string{}
	fn := ""
	head := regexp.MustCompile(`^([_a-z]\w*) [a-z]+$`)
	for _, line := range strings.Split(string(b), "\n") {
		if m := head.FindStringSubmatch(line); m != nil {
			fn = m[1]
		} else if strings.HasPrefix(line, "\tWith {MACH_PORT_NULL} or {MACH_PORT_DEAD} for ") {
			texts[fn] += line
		}
	}
	codes := map[string][]string{}
	for _, c := range reservedNames(none, none) {
		for _, code := range []mach.KernReturn{c.null, c.dead} {
			name := "succeed"
			if code != 0 {
				name = "{" + code.CName() + "}"
			}
			if !slices.Contains(codes[c.fn], name) {
				codes[c.fn] = append(codes[c.fn], name)
			}
		}
	}
	named := regexp.MustCompile(`\{KERN_\w+\}|\bsucceed`)
	for fn, want := range codes {
		if strings.HasPrefix(fn, "_") {
			continue // the trap answers as its routine does
		}
		var got []string
		for _, name := range named.FindAllString(texts[fn], -1) {
			if !slices.Contains(got, name) {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("the text of %s says %v of null and dead names, want %v", fn, got, want)
		}
	}
}
