package conformance_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// xnu libsyscall/mach/mach_error_string.c, err_kern.sub, err_ipc.sub: the
// subsystem is part of the text; the words are the library's own.
func TestErrorStrings(t *testing.T) {
	for code, system := range map[mach.KernReturn]string{
		mach.KERN_SUCCESS: "(os/kern)", mach.KERN_INVALID_ARGUMENT: "(os/kern)", mach.KERN_NO_SPACE: "(os/kern)",
		mach.MACH_SEND_INVALID_DEST: "(ipc/send)", mach.MACH_RCV_TIMED_OUT: "(ipc/rcv)", mach.MIG_BAD_ID: "(ipc/mig)",
	} {
		equal(t, "subsystem", mach.MachErrorType(code), system)
		if s := mach.MachErrorString(code); !strings.HasPrefix(s, system+" ") || len(s) < len(system)+4 {
			t.Errorf("%#x is %q", uint32(code), s)
		}
	}
	equal(t, "unknown subsystem", mach.MachErrorType(0x7fffffff), "(?/?)")
	if s := mach.MachErrorString(0x7fffffff); s == "" {
		t.Error("an unknown code has no text")
	}
	if s := mach.BootstrapStrerror(mach.BOOTSTRAP_UNKNOWN_SERVICE); s == "" {
		t.Error("a code of the bootstrap server has no text")
	}
}

// xnu libsyscall/mach/slot_name.c.
func TestSlotName(t *testing.T) {
	var name, sub *byte
	mach.SlotName(mach.CPU_TYPE_X86_64, 3, &name, &sub)
	if name == nil || sub == nil || *name == 0 {
		t.Error("no name")
	}
	mach.SlotName(12345, 6789, &name, &sub)
	if name == nil || sub == nil || *name == 0 {
		t.Error("an unknown type has no name")
	}
}

// xnu bsd/kern/sysv_..., osfmk/kern/syscall_subr.c; bsd/vm/dp_backing_file.c:
// calls that answer an errno.
func TestSwapCalls(t *testing.T) {
	for fn, err := range map[string]error{
		"macx_swapon":                 mach.MacxSwapon(0, 1, 2, 3),
		"macx_swapoff":                mach.MacxSwapoff(0, 1),
		"macx_backing_store_suspend":  mach.MacxBackingStoreSuspend(0),
		"macx_backing_store_recovery": mach.MacxBackingStoreRecovery(0),
	} {
		if code := codeOf(err); code != 45 && code != -1 && code != 1 {
			t.Errorf("%s: %d", fn, code)
		}
	}
}

// xnu osfmk/kern/syscall_subr.c, mach_generate_activity_id.
func TestActivityID(t *testing.T) {
	begin(t)
	var a, b uint64
	ok(t, "mach_generate_activity_id", mach.MachGenerateActivityID(self(), 5, &a))
	ok(t, "mach_generate_activity_id", mach.MachGenerateActivityID(self(), 1, &b))
	if b < a+5 {
		t.Errorf("five ids from %d, and then %d", a, b)
	}
	want(t, "mach_generate_activity_id", mach.MachGenerateActivityID(self(), 0, &a), mach.KERN_INVALID_ARGUMENT)
	want(t, "mach_generate_activity_id", mach.MachGenerateActivityID(self(), 1<<30, &a), mach.KERN_INVALID_ARGUMENT)
}

// servers/bootstrap.h; the names hold the process id, so that runs on one Mac
// do not meet.
func TestBootstrap(t *testing.T) {
	begin(t)
	bp := mach.BootstrapPort()
	name := fmt.Sprintf("org.gomach.conformance.%d", os.Getpid())
	var got mach.MachPort
	if bp == none {
		t.Skip("this process has no bootstrap port")
	}
	want(t, "bootstrap_look_up", mach.BootstrapLookUp(bp, name, &got), mach.BOOTSTRAP_UNKNOWN_SERVICE)
	// A name that no property list has may be checked in where policy allows:
	// crashpad's test/mac/exception_swallower.cc lives on that.
	switch err := mach.BootstrapCheckIn(bp, name+".in", &got); codeOf(err) {
	case 0:
		dropReceive(t, got)
	case mach.BOOTSTRAP_UNKNOWN_SERVICE, mach.BOOTSTRAP_NOT_PRIVILEGED:
	default:
		t.Errorf("bootstrap_check_in: %v", err)
	}
	p := sendPort(t)
	err := mach.BootstrapRegister(bp, name, p)
	if realMac() && codeOf(err) == mach.BOOTSTRAP_NOT_PRIVILEGED {
		t.Skip("launchd lets this process register nothing")
	}
	ok(t, "bootstrap_register", err)
	ok(t, "bootstrap_look_up", mach.BootstrapLookUp(bp, name, &got))
	equal(t, "port of the service", got, p)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 2)
	dropSend(t, got)
	q := sendPort(t)
	want(t, "bootstrap_register", mach.BootstrapRegister(bp, name, q), mach.BOOTSTRAP_NAME_IN_USE, mach.BOOTSTRAP_NOT_PRIVILEGED)
	var st mach.BootstrapStatus_t
	ok(t, "bootstrap_status", mach.BootstrapStatus(bp, name, &st))
	want(t, "bootstrap_status", mach.BootstrapStatus(bp, name+".none", &st), mach.BOOTSTRAP_UNKNOWN_SERVICE)
	long := strings.Repeat("x", 200)
	if err := mach.BootstrapLookUp(bp, long, &got); err == nil {
		t.Error("a name of 200 bytes is known")
	}
	// The name is freed when the port dies.
	dropReceive(t, p)
	for i := 0; i < 200 && mach.BootstrapLookUp(bp, name, &got) == nil; i++ {
		mach.MachPortDeallocate(self(), got)
	}
	want(t, "bootstrap_look_up", mach.BootstrapLookUp(bp, name, &got), mach.BOOTSTRAP_UNKNOWN_SERVICE)
}

// launchd-842 liblaunch/libbootstrap.c: a service that is declared, checked in
// and checked in again. Its bootstrap_create_service is a check-in that is given
// up, and bootstrap_status tries whether a check-in would do.
func TestBootstrapService(t *testing.T) {
	begin(t)
	if realMac() {
		t.Skip("launchd takes services from property lists only")
	}
	bp := mach.BootstrapPort()
	name := fmt.Sprintf("org.gomach.conformance.%d.%d", os.Getpid(), time.Now().UnixNano()) // services stay
	var s, r, again mach.MachPort
	ok(t, "bootstrap_create_service", mach.BootstrapCreateService(bp, name, &s))
	typeIs(t, s, mach.MACH_PORT_TYPE_SEND)
	ok(t, "bootstrap_create_service", mach.BootstrapCreateService(bp, name, &again))
	equal(t, "port of the service that is declared again", again, s)
	dropSend(t, again)
	var st mach.BootstrapStatus_t
	ok(t, "bootstrap_status", mach.BootstrapStatus(bp, name, &st))
	equal(t, "status before the check-in", st, mach.BOOTSTRAP_STATUS_ON_DEMAND)
	ok(t, "mach_msg", poke(s, 6)) // waits for its server
	ok(t, "bootstrap_check_in", mach.BootstrapCheckIn(bp, name, &r))
	equal(t, "id of the message that waited", receive(t, r, 0).head().MsghID, 6)
	want(t, "bootstrap_check_in", mach.BootstrapCheckIn(bp, name, &again), mach.BOOTSTRAP_SERVICE_ACTIVE)
	want(t, "bootstrap_create_service", mach.BootstrapCreateService(bp, name, &again), mach.BOOTSTRAP_SERVICE_ACTIVE)
	ok(t, "bootstrap_status", mach.BootstrapStatus(bp, name, &st))
	equal(t, "status", st, mach.BOOTSTRAP_STATUS_ACTIVE)
	ok(t, "bootstrap_look_up", mach.BootstrapLookUp(bp, name, &again))
	equal(t, "port of the service", again, r)
	destroy(r)
	if s != r {
		destroy(s)
	}
}

// xnu libkern/c++/OSKext.cpp, OSKext::handleRequest: nine arguments, and an
// empty request.
func TestKextRequest(t *testing.T) {
	begin(t)
	req := alloc(t, page())
	response, log := uint64(1), uint64(2)
	responseN, logN := mach.MachMsgTypeNumber(3), mach.MachMsgTypeNumber(4)
	op := mach.KernReturn(99)
	err := mach.KextRequest(host(t), 0, req, 0, &response, &responseN, &log, &logN, &op)
	if codeOf(err) == mach.KERN_NOT_SUPPORTED {
		t.Skip("no kernel extensions here: KERN_NOT_SUPPORTED")
	}
	if err == nil {
		want(t, "kext_request", error(op), mach.KERN_INVALID_ARGUMENT)
		for addr, n := range map[uint64]uint32{response: responseN, log: logN} {
			if n > 0 {
				mach.MachVMDeallocate(self(), addr, uint64(n))
			}
		}
	}
}
