package exc_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
)

// A nil pointer that is read is one exception. Passed on, it is SIGSEGV (xnu
// bsd/uxkern/ux_exception.c), which Go's runtime makes a panic of.
func TestPassRead(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "read")
	d := debugged(t, p)
	ctx := within(t)
	io.WriteString(p.in, "\n")
	s, err := d.Wait(ctx)
	ok(t, err)
	if s.Reason != exc.Crashed || s.Exception.Type != mach.EXC_BAD_ACCESS {
		t.Fatalf("stop %v", s)
	}
	ok(t, d.Pass(ctx))
	if s, err := d.Wait(ctx); !errors.Is(err, exc.ErrExited) {
		t.Errorf("after that: %v, %v", s, err)
	}
	if got := p.line(t); !strings.Contains(got, "nil pointer") {
		t.Errorf("the child said %q", got)
	}
}
