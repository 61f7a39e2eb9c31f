// Package apitest has what the tests of the idiomatic packages ask of their API alike.
package apitest

import (
	"testing"
	"time"
)

// Calm fails the test if f panics or hangs.
func Calm(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	select {
	case p := <-done:
		if p != nil {
			t.Errorf("%s: %v", what, p)
		}
	case <-time.After(time.Minute):
		t.Fatalf("%s hangs", what)
	}
}
