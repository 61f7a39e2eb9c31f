package libsystem

import "testing"

// A function that the system lacks is found missing, each time it is asked for.
func TestLate(t *testing.T) {
	absent := Late{name: "mach_no_such_function\x00"}
	for range 2 {
		if s := absent.Symbol(); s != 0 {
			t.Errorf("a missing function is at %#x", s)
		}
	}
	present := Late{name: "mach_absolute_time\x00"}
	for range 2 {
		if present.Symbol() == 0 {
			t.Fatal("mach_absolute_time was not found")
		}
	}
	if absent.Name() != "mach_no_such_function" {
		t.Errorf("name %q", absent.Name())
	}
}
