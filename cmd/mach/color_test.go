package main

import (
	"bytes"
	"os"
	"testing"
)

// Colours are for terminals, and not where NO_COLOR is set (no-color.org: "when present
// and not an empty string") or the terminal has none.
func TestColours(t *testing.T) {
	if colours(new(bytes.Buffer)) {
		t.Error("a buffer is no terminal")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if colours(w) {
		t.Error("a pipe is no terminal")
	}
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminal: ", err)
	}
	defer tty.Close()
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if !colours(tty) {
		t.Error("none on a terminal")
	}
	t.Setenv("NO_COLOR", "1")
	if colours(tty) {
		t.Error("NO_COLOR is not kept")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if colours(tty) {
		t.Error("a dumb terminal has none")
	}
}
