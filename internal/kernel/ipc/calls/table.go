// Package calls holds the functions on ports and messages: it takes their
// arguments apart and hands them to package ipc.
package calls

import (
	"strings"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/proto"
)

// Table lists the functions with their support levels.
func Table() core.Table {
	t := core.Table{}
	for name, f := range onSpaces {
		t[name] = core.Entry{Handler: onSpace(name, f), Level: core.Full}
	}
	for name, f := range traps {
		t[name] = core.Entry{Handler: trap(f), Level: core.Full}
	}
	for name, note := range partly {
		e := t[name]
		e.Level, e.Note = core.Partial, note
		t[name] = e
	}
	t.Add(messageTable())
	t.Add(selfTable())
	return t
}

// onSpaces are the functions whose first argument is a task's name space.
var onSpaces = map[string]func(c *core.Ctx, s *ipc.Space) mach.KernReturn{
	"mach_port_allocate":                  allocate,
	"mach_port_allocate_full":             allocateFull,
	"mach_port_allocate_name":             allocateName,
	"mach_port_allocate_qos":              allocateQOS,
	"mach_port_assert_attributes":         assertAttributes,
	"mach_port_construct":                 construct,
	"mach_port_deallocate":                deallocate,
	"mach_port_destroy":                   destroy,
	"mach_port_destruct":                  destruct,
	"mach_port_dnrequest_info":            requestInfo,
	"mach_port_extract_member":            extractMember,
	"mach_port_extract_right":             extractRight,
	"mach_port_get_attributes":            getAttributes,
	"mach_port_get_context":               getContext,
	"mach_port_get_refs":                  getRefs,
	"mach_port_get_service_port_info":     servicePortInfo,
	"mach_port_get_set_status":            setStatus,
	"mach_port_get_srights":               sendRights,
	"mach_port_guard":                     guard,
	"mach_port_guard_with_flags":          guardWithFlags,
	"mach_port_insert_member":             insertMember,
	"mach_port_insert_right":              insertRight,
	"mach_port_is_connection_for_service": isConnection,
	"mach_port_kernel_object":             kernelObject,
	"mach_port_kobject":                   kobject,
	"mach_port_kobject_description":       kobjectDescription,
	"mach_port_mod_refs":                  modRefs,
	"mach_port_move_member":               moveMember,
	"mach_port_names":                     names,
	"mach_port_peek":                      peek,
	"mach_port_rename":                    rename,
	"mach_port_request_notification":      requestNotification,
	"mach_port_set_attributes":            setAttributes,
	"mach_port_set_context":               setContext,
	"mach_port_set_mscount":               setMscount,
	"mach_port_set_seqno":                 setSeqno,
	"mach_port_space_basic_info":          spaceBasicInfo,
	"mach_port_space_info":                spaceInfo,
	"mach_port_swap_guard":                swapGuard,
	"mach_port_type":                      portType,
	"mach_port_unguard":                   unguard,
}

// traps are the direct forms of some of them.
var traps = map[string]func(c *core.Ctx, s *ipc.Space) mach.KernReturn{
	"_kernelrpc_mach_port_allocate_trap":             allocate,
	"_kernelrpc_mach_port_construct_trap":            construct,
	"_kernelrpc_mach_port_deallocate_trap":           deallocate,
	"_kernelrpc_mach_port_destruct_trap":             destruct,
	"_kernelrpc_mach_port_extract_member_trap":       extractMember,
	"_kernelrpc_mach_port_get_attributes_trap":       getAttributes,
	"_kernelrpc_mach_port_guard_trap":                guard,
	"_kernelrpc_mach_port_insert_member_trap":        insertMember,
	"_kernelrpc_mach_port_insert_right_trap":         insertRight,
	"_kernelrpc_mach_port_mod_refs_trap":             modRefs,
	"_kernelrpc_mach_port_move_member_trap":          moveMember,
	"_kernelrpc_mach_port_request_notification_trap": requestNotificationTrap,
	"_kernelrpc_mach_port_type_trap":                 portType,
	"_kernelrpc_mach_port_unguard_trap":              unguard,
}

// partly are notes on what differs from Darwin.
var partly = map[string]string{
	"mach_port_construct":                 "service and connection ports are refused: launchd's are not here",
	"_kernelrpc_mach_port_construct_trap": "service and connection ports are refused: launchd's are not here",
	"mach_port_kobject_description":       "task identity tokens have no text",
}

// onSpace makes a Handler of a function on a space. A port of too little power
// is KERN_INVALID_TASK where control is needed and KERN_INVALID_ARGUMENT where
// a read port would do (xnu osfmk/ipc/mach_port.c, the _from_user functions).
func onSpace(name string, f func(*core.Ctx, *ipc.Space) mach.KernReturn) core.Handler {
	min, wrong := core.Control, mach.KernReturn(mach.KERN_INVALID_TASK)
	typ := proto.Functions[core.Number(name)-1].Params[0].Type
	switch {
	case strings.HasSuffix(typ, "_read_t"):
		min, wrong = core.Read, mach.KERN_INVALID_ARGUMENT
	case strings.HasSuffix(typ, "_inspect_t"):
		min = core.Inspect
	}
	_, direct := traps["_kernelrpc_"+name+"_trap"]
	return core.K(func(c *core.Ctx) mach.KernReturn {
		t, ok := c.TaskArg(0, min)
		if !ok {
			return wrong
		}
		kr := f(c, t.Space)
		if direct && t == c.Task && c.MIG == nil {
			return trapCode(kr)
		}
		return kr
	})
}

// trapCode is how a trap tells that an argument points nowhere (xnu
// bsd/libkern/copyio.h, mach_copyin).
func trapCode(kr mach.KernReturn) mach.KernReturn {
	if kr == mach.KERN_INVALID_ADDRESS {
		return mach.KERN_MEMORY_ERROR
	}
	return kr
}

// trap makes a Handler of a trap: it works on the caller's own task only.
func trap(f func(*core.Ctx, *ipc.Space) mach.KernReturn) core.Handler {
	return core.K(func(c *core.Ctx) mach.KernReturn {
		t, ok := c.TaskArg(0, core.Control)
		if !ok || t != c.Task {
			return mach.MACH_SEND_INVALID_DEST
		}
		return trapCode(f(c, t.Space))
	})
}
