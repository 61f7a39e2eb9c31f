package mach_test

import (
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

// grow makes the stack move, and returns what it was handed.
//
//go:noinline
func grow(n int, a mach.MachVMAddress) mach.MachVMAddress {
	var room [1024]byte
	if n == 0 {
		return a + mach.MachVMAddress(room[0])
	}
	return grow(n-1, a)
}

// The address of a local variable stays good while the stack moves.
func TestAddressOfDoesNotMove(t *testing.T) {
	done := make(chan bool)
	go func() { // with a small stack of its own
		local := [4]byte{1, 2, 3, 4}
		address := grow(200, mach.AddressOf(&local))
		local[2] = 9
		done <- mach.BytesAt(address, 4)[2] == 9
		runtime.KeepAlive(&local)
	}()
	if !<-done {
		t.Error("the variable moved away from its address")
	}
}

func TestBytesAt(t *testing.T) {
	b := []byte("abcdef")
	if got := string(mach.BytesAt(mach.AddressOf(&b[1]), 3)); got != "bcd" {
		t.Errorf("%q", got)
	}
	if mach.BytesAt(0, 8) != nil || mach.BytesAt(mach.AddressOf(&b[0]), 0) != nil {
		t.Error("nothing gave something")
	}
	runtime.KeepAlive(b)
}

func TestMessageBytes(t *testing.T) {
	m := struct {
		mach.MachMsgHeader
		body [2]uint32
	}{body: [2]uint32{0x01010101, 0x02020202}}
	m.MsghSize = 32
	b := mach.MessageBytes(&m.MachMsgHeader)
	if len(b) != 32 || b[24] != 1 || b[31] != 2 {
		t.Errorf("% x", b)
	}
	if mach.MessageBytes(nil) != nil {
		t.Error("no header gave bytes")
	}
}
