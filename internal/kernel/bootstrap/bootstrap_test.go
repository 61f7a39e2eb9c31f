//go:build linux && (amd64 || arm64)

package bootstrap_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

func want(t *testing.T, what string, err error, kr mach.KernReturn) {
	t.Helper()
	if kr == mach.KERN_SUCCESS && err == nil {
		return
	}
	if err != error(kr) {
		t.Errorf("%s: %v, want %v", what, err, kr)
	}
}

var run int

// fresh makes a name that no earlier run of a test in this process has taken.
func fresh(name string) string {
	run++
	return "org.example." + name + "." + strconv.Itoa(run)
}

func receiver(t *testing.T) mach.MachPort {
	t.Helper()
	self := mach.MachTaskSelf()
	var p mach.MachPort
	if err := mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &p); err != nil {
		t.Fatal(err)
	}
	if err := mach.MachPortInsertRight(self, p, p, mach.MACH_MSG_TYPE_MAKE_SEND); err != nil {
		t.Fatal(err)
	}
	return p
}

func status(t *testing.T, bp mach.MachPort, name string) mach.BootstrapStatus_t {
	t.Helper()
	s := mach.BootstrapStatus_t(-1)
	want(t, "status of "+name, mach.BootstrapStatus(bp, name, &s), mach.BOOTSTRAP_SUCCESS)
	return s
}

func TestRegister(t *testing.T) {
	bp, self := mach.BootstrapPort(), mach.MachTaskSelf()
	name := fresh("register")
	var got mach.MachPort
	want(t, "unknown", mach.BootstrapLookUp(bp, name, &got), mach.BOOTSTRAP_UNKNOWN_SERVICE)
	var st mach.BootstrapStatus_t
	want(t, "unknown", mach.BootstrapStatus(bp, name, &st), mach.BOOTSTRAP_UNKNOWN_SERVICE)
	p := receiver(t)
	want(t, "register", mach.BootstrapRegister(bp, name, p), mach.BOOTSTRAP_SUCCESS)
	want(t, "again", mach.BootstrapRegister(bp, name, p), mach.BOOTSTRAP_NAME_IN_USE)
	want(t, "create", mach.BootstrapCreateService(bp, name, &got), mach.BOOTSTRAP_SERVICE_ACTIVE)
	want(t, "check in", mach.BootstrapCheckIn(bp, name, &got), mach.BOOTSTRAP_SERVICE_ACTIVE)
	want(t, "look up", mach.BootstrapLookUp(bp, name, &got), mach.BOOTSTRAP_SUCCESS)
	if got != p {
		t.Errorf("look up gave %#x, not %#x", got, p)
	}
	if s := status(t, bp, name); s != mach.BOOTSTRAP_STATUS_ACTIVE {
		t.Errorf("status %d", s)
	}
	// A name goes with its port.
	want(t, "destroy", mach.MachPortModRefs(self, p, mach.MACH_PORT_RIGHT_RECEIVE, -1), mach.KERN_SUCCESS)
	want(t, "look up", mach.BootstrapLookUp(bp, name, &got), mach.BOOTSTRAP_UNKNOWN_SERVICE)
	p = receiver(t)
	want(t, "register anew", mach.BootstrapRegister(bp, name, p), mach.BOOTSTRAP_SUCCESS)
	want(t, "withdraw", mach.BootstrapRegister(bp, name, mach.MACH_PORT_NULL), mach.BOOTSTRAP_SUCCESS)
	want(t, "look up", mach.BootstrapLookUp(bp, name, &got), mach.BOOTSTRAP_UNKNOWN_SERVICE)
}

func TestCreateAndCheckIn(t *testing.T) {
	bp, self := mach.BootstrapPort(), mach.MachTaskSelf()
	name := fresh("checkin")
	var send, again, receive mach.MachPort
	want(t, "create", mach.BootstrapCreateService(bp, name, &send), mach.BOOTSTRAP_SUCCESS)
	if s := status(t, bp, name); s != mach.BOOTSTRAP_STATUS_ON_DEMAND {
		t.Errorf("status %d before anyone checked in", s)
	}
	// Success does not mean that a server runs.
	want(t, "look up", mach.BootstrapLookUp(bp, name, &again), mach.BOOTSTRAP_SUCCESS)
	if send != again {
		t.Errorf("two names for one port: %#x %#x", send, again)
	}
	want(t, "check in", mach.BootstrapCheckIn(bp, name, &receive), mach.BOOTSTRAP_SUCCESS)
	if receive != send {
		t.Errorf("the receive right is %#x, the send right %#x", receive, send)
	}
	var typ mach.MachPortType_t
	want(t, "type", mach.MachPortType(self, receive, &typ), mach.KERN_SUCCESS)
	if typ&mach.MACH_PORT_TYPE_RECEIVE == 0 {
		t.Errorf("type %#x", typ)
	}
	want(t, "twice", mach.BootstrapCheckIn(bp, name, &again), mach.BOOTSTRAP_SERVICE_ACTIVE)
	if s := status(t, bp, name); s != mach.BOOTSTRAP_STATUS_ACTIVE {
		t.Errorf("status %d", s)
	}
	// The name server gets the receive right back: the service stays, and so
	// does everybody's send right.
	want(t, "destroy", mach.MachPortModRefs(self, receive, mach.MACH_PORT_RIGHT_RECEIVE, -1), mach.KERN_SUCCESS)
	for deadline := time.Now().Add(5 * time.Second); status(t, bp, name) != mach.BOOTSTRAP_STATUS_INACTIVE && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	want(t, "check in again", mach.BootstrapCheckIn(bp, name, &receive), mach.BOOTSTRAP_SUCCESS)
	if receive != send {
		t.Errorf("the second receive right is %#x, the send right %#x", receive, send)
	}
}

func TestNames(t *testing.T) {
	bp := mach.BootstrapPort()
	fits := fresh("name")
	fits += strings.Repeat("n", mach.BOOTSTRAP_MAX_NAME_LEN-1-len(fits))
	long := fits + "n"
	var p mach.MachPort
	want(t, "127 bytes", mach.BootstrapCheckIn(bp, fits, &p), mach.BOOTSTRAP_SUCCESS)
	want(t, "128 bytes", mach.BootstrapLookUp(bp, long, &p), mach.BOOTSTRAP_UNKNOWN_SERVICE)
	want(t, "128 bytes", mach.BootstrapRegister(bp, long, p), mach.BOOTSTRAP_BAD_COUNT)
	want(t, "no bootstrap port", mach.BootstrapLookUp(0, fits, &p), mach.MACH_SEND_INVALID_DEST)
	want(t, "another port", mach.BootstrapLookUp(mach.MachTaskSelf(), fits, &p), mach.MIG_BAD_ID)
	want(t, "bad port", mach.BootstrapRegister(bp, fresh("bad"), 0x7f000003), mach.MACH_SEND_INVALID_RIGHT)
}

func TestSubset(t *testing.T) {
	bp, self := mach.BootstrapPort(), mach.MachTaskSelf()
	owner := receiver(t)
	var sub, p, q mach.MachPort
	above, below := fresh("above"), fresh("below")
	want(t, "subset", mach.BootstrapSubset(bp, owner, &sub), mach.BOOTSTRAP_SUCCESS)
	want(t, "above", mach.BootstrapCreateService(bp, above, &p), mach.BOOTSTRAP_SUCCESS)
	want(t, "below", mach.BootstrapCreateService(sub, below, &q), mach.BOOTSTRAP_SUCCESS)
	want(t, "a subset falls back", mach.BootstrapLookUp(sub, above, &q), mach.BOOTSTRAP_SUCCESS)
	if p != q {
		t.Errorf("%#x and %#x", p, q)
	}
	want(t, "and hides", mach.BootstrapLookUp(bp, below, &q), mach.BOOTSTRAP_UNKNOWN_SERVICE)
	if os.Geteuid() == 0 {
		want(t, "parent", mach.BootstrapParent(sub, &q), mach.BOOTSTRAP_SUCCESS)
		if q != bp {
			t.Errorf("the parent is %#x, not %#x", q, bp)
		}
		want(t, "parent of the topmost", mach.BootstrapParent(bp, &q), mach.BOOTSTRAP_SUCCESS)
		if q != bp {
			t.Errorf("the topmost port's parent is %#x", q)
		}
	} else {
		want(t, "parent", mach.BootstrapParent(sub, &q), mach.BOOTSTRAP_NOT_PRIVILEGED)
	}
	want(t, "unprivileged", mach.BootstrapUnprivileged(sub, &q), mach.BOOTSTRAP_SUCCESS)
	if q != sub {
		t.Errorf("%#x, not %#x", q, sub)
	}
	// The subset lives as long as the port that it was asked for with.
	want(t, "destroy", mach.MachPortModRefs(self, owner, mach.MACH_PORT_RIGHT_RECEIVE, -1), mach.KERN_SUCCESS)
	want(t, "gone", mach.BootstrapLookUp(sub, below, &q), mach.MACH_SEND_INVALID_DEST)
}

func TestStrerror(t *testing.T) {
	seen := map[string]bool{}
	for _, kr := range []mach.KernReturn{mach.BOOTSTRAP_SUCCESS, mach.BOOTSTRAP_NOT_PRIVILEGED, mach.BOOTSTRAP_NAME_IN_USE,
		mach.BOOTSTRAP_UNKNOWN_SERVICE, mach.BOOTSTRAP_SERVICE_ACTIVE, mach.BOOTSTRAP_BAD_COUNT, mach.BOOTSTRAP_NO_MEMORY, mach.KERN_FAILURE} {
		s := mach.BootstrapStrerror(kr)
		if s == "" || seen[s] {
			t.Errorf("%d: %q", kr, s)
		}
		seen[s] = true
	}
}

func TestSpecialPort(t *testing.T) {
	var p mach.MachPort
	want(t, "special port", mach.TaskGetSpecialPort(mach.MachTaskSelf(), mach.TASK_BOOTSTRAP_PORT, &p), mach.KERN_SUCCESS)
	if p != mach.BootstrapPort() {
		t.Errorf("the task's bootstrap port is %#x, the library's %#x", p, mach.BootstrapPort())
	}
}
