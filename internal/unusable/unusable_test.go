package unusable

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestErrors(t *testing.T) {
	for state, want := range map[State]string{
		Nil:    "port: nil Send",
		Zero:   "port: the Send is a zero value, which owns nothing",
		Null:   "port: the Send owns no right: its name is MACH_PORT_NULL",
		Closed: "port: the Send was closed or handed on",
		Busy:   "port: the Send is in use by another send",
	} {
		err := fmt.Errorf("wrapped: %w", New("port", "Send", state))
		if err.Error() != "wrapped: "+want {
			t.Errorf("%q, want %q", err, want)
		}
		if !errors.Is(err, ErrClosed) || !errors.Is(err, fs.ErrClosed) || errors.Is(err, fs.ErrExist) {
			t.Errorf("%v: is not closed", err)
		}
		if neverThere := state <= Null; errors.Is(err, fs.ErrInvalid) != neverThere {
			t.Errorf("%v: is invalid: %v", err, !neverThere)
		}
	}
	if !errors.Is(ErrClosed, fs.ErrClosed) || errors.Is(ErrClosed, fs.ErrInvalid) {
		t.Error("ErrClosed is of another class")
	}
}
