package port_test

import (
	"reflect"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Go converts no owner into another: a receive right can never be released as a
// send right. The rule is "Conversions" in Go's specification, of which
// reflect's ConvertibleTo is the same.
func TestOwnersDoNotConvert(t *testing.T) {
	porttest.LeakCheck(t)
	owners := []any{new(port.Send), new(port.SendOnce), new(port.Receive), new(port.Set)}
	for i, a := range owners {
		for j, b := range owners {
			from, to := reflect.TypeOf(a), reflect.TypeOf(b)
			if from.ConvertibleTo(to) != (i == j) || from.Elem().ConvertibleTo(to.Elem()) != (i == j) {
				t.Errorf("%v converts to %v", from, to)
			}
		}
	}
	// An option tells nothing of what it does.
	if o := reflect.TypeFor[port.Option](); o.ConvertibleTo(reflect.TypeFor[func(*mach.MachPortOptions)]()) || o.NumMethod() != 0 {
		t.Errorf("%v is not opaque", o)
	}
}
