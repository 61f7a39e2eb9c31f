package port_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

// Pitfall 26: bootstrap names are arrays of 128 bytes.
func TestPitfall26ServiceNames(t *testing.T) {
	port.LeakCheck(t)
	_, s := pair(t)
	for _, name := range []string{strings.Repeat("x", 128), "a\x00b"} {
		if _, err := port.LookUp(name); !errors.Is(err, port.ErrNameTooLong) {
			t.Errorf("look-up: %v", err)
		}
		if _, err := port.CheckIn(name); !errors.Is(err, port.ErrNameTooLong) {
			t.Errorf("check-in: %v", err)
		}
		if err := port.Register(name, s); !errors.Is(err, port.ErrNameTooLong) {
			t.Errorf("register: %v", err)
		}
	}
	if _, err := port.LookUp(strings.Repeat("x", 127)); errors.Is(err, port.ErrNameTooLong) || err == nil {
		t.Errorf("127 bytes: %v", err)
	}
}

func TestRegisterAndLookUp(t *testing.T) {
	port.LeakCheck(t)
	if runtime.GOOS == "ios" {
		t.Skip("ios lets no program register")
	}
	r, s := pair(t)
	name := fmt.Sprintf("com.github.gomach.port.test.%d", os.Getpid())
	ok(t, port.Register(name, s))
	found := must(port.LookUp(name))(t)
	defer found.Close()
	if found.Name() != r.Name() {
		t.Errorf("found %#x, want %#x", found.Name(), r.Name())
	}
	if _, err := port.LookUp(name + ".none"); !errors.Is(err, mach.BOOTSTRAP_UNKNOWN_SERVICE) {
		t.Errorf("unknown service: %v", err)
	}
	if err := port.Register(name, nil); !errors.Is(err, port.ErrClosed) {
		t.Errorf("nil right: %v", err)
	}
}
