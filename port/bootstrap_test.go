package port_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Pitfall service-names: bootstrap names are arrays of 128 bytes.
func TestServiceNames(t *testing.T) {
	porttest.LeakCheck(t)
	_, s := pair(t)
	for _, name := range []string{strings.Repeat("x", 128), "a\x00b"} {
		if _, err := port.LookUp(bg, name); !errors.Is(err, port.ErrNameTooLong) {
			t.Errorf("look-up: %v", err)
		}
		if _, err := port.CheckIn(bg, name); !errors.Is(err, port.ErrNameTooLong) {
			t.Errorf("check-in: %v", err)
		}
		if err := port.Register(bg, name, s); !errors.Is(err, port.ErrNameTooLong) {
			t.Errorf("register: %v", err)
		}
	}
	if _, err := port.LookUp(bg, strings.Repeat("x", 127)); errors.Is(err, port.ErrNameTooLong) || err == nil {
		t.Errorf("127 bytes: %v", err)
	}
}

func TestRegisterAndLookUp(t *testing.T) {
	porttest.LeakCheck(t)
	if runtime.GOOS == "ios" {
		t.Skip("ios lets no program register")
	}
	r, s := pair(t)
	name := fmt.Sprintf("com.github.gomach.port.test.%d", os.Getpid())
	ok(t, port.Register(bg, name, s))
	found := must(port.LookUp(bg, name))(t)
	defer found.Close()
	if found.Name() != r.Name() {
		t.Errorf("found %#x, want %#x", found.Name(), r.Name())
	}
	if _, err := port.LookUp(bg, name+".none"); !errors.Is(err, mach.BOOTSTRAP_UNKNOWN_SERVICE) {
		t.Errorf("unknown service: %v", err)
	}
	if err := port.Register(bg, name, nil); !errors.Is(err, port.ErrClosed) {
		t.Errorf("nil right: %v", err)
	}
}

// A service that launchd keeps: checked in once at a time, looked up by anybody,
// and checked in again after it was given back.
func TestCheckIn(t *testing.T) {
	porttest.LeakCheck(t)
	name := fmt.Sprintf("com.github.gomach.port.service.%d", os.Getpid())
	var service mach.MachPort
	if err := mach.BootstrapCreateService(mach.BootstrapPort(), name, &service); err != nil {
		t.Skip(err) // for launchd's own jobs only, on new systems
	}
	keep := port.OwnSend(service)
	defer keep.Close()
	for id := range int32(2) {
		var r *port.Receive
		for start := time.Now(); ; time.Sleep(time.Millisecond) {
			var err error
			r, err = port.CheckIn(bg, name)
			// What was given back takes a moment to get there.
			if id == 0 || !errors.Is(err, mach.BOOTSTRAP_SERVICE_ACTIVE) || time.Since(start) > 30*time.Second {
				ok(t, err)
				break
			}
		}
		if status := must(r.Status())(t); status.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARDED == 0 {
			t.Error("not guarded")
		}
		if _, err := port.CheckIn(bg, name); !errors.Is(err, mach.BOOTSTRAP_SERVICE_ACTIVE) {
			t.Errorf("checked in twice: %v", err)
		}
		s := must(port.LookUp(bg, name))(t)
		ok(t, s.Send(bg, port.NewMessage(id)))
		var m port.Received
		ok(t, r.Receive(bg, &m))
		if m.ID() != id {
			t.Errorf("message %d, want %d", m.ID(), id)
		}
		ok(t, m.Close())
		ok(t, s.Close())
		ok(t, r.Close())
	}
}
