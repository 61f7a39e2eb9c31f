package port_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// newVoucher makes a voucher with user data.
func newVoucher(t testing.TB, data string) *port.Send {
	t.Helper()
	le := binary.LittleEndian
	recipe := le.AppendUint32(nil, uint32(mach.MACH_VOUCHER_ATTR_KEY_USER_DATA))
	recipe = le.AppendUint32(recipe, mach.MACH_VOUCHER_ATTR_USER_DATA_STORE)
	recipe = le.AppendUint32(recipe, uint32(mach.MACH_PORT_NULL))
	recipe = le.AppendUint32(recipe, uint32(len(data)))
	recipe = append(recipe, data...)
	host := port.OwnSend(mach.MachHostSelf()) // it counts a reference
	defer host.Close()
	var name mach.MachPort
	ok(t, mach.HostCreateMachVoucher(host.Name(), &recipe[0], uint32(len(recipe)), &name))
	v := port.OwnSend(name)
	t.Cleanup(func() { v.Close() })
	return v
}

func voucherData(t testing.TB, v mach.MachPort) string {
	t.Helper()
	var b [64]byte
	n := uint32(len(b))
	ok(t, mach.MachVoucherExtractAttrContent(v, mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, &b[0], &n))
	return string(b[:n])
}

// A voucher travels in the header: copied, or moved, and the receiver owns what
// comes (xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyout_header).
func TestVoucherTravels(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	v := newVoucher(t, "who asked first")
	var got port.Received
	defer got.Close()

	ok(t, s.Send(bg, port.NewMessage(1).CopyVoucher(v).AppendUint32(5)))
	if n := refs(t, v.Name(), mach.MACH_PORT_RIGHT_SEND); n != 1 {
		t.Errorf("%d references while the message is queued, want 1", n)
	}
	ok(t, r.Receive(bg, &got))
	if !got.HasVoucher() || got.VoucherName() != v.Name() || len(got.Data()) != 4 {
		t.Errorf("voucher %#x, want %#x", got.VoucherName(), v.Name())
	}
	mine := must(got.TakeVoucher())(t)
	if data := voucherData(t, mine.Name()); data != "who asked first" {
		t.Errorf("data %q", data)
	}
	if _, err := got.TakeVoucher(); !errors.Is(err, port.ErrKind) || got.HasVoucher() {
		t.Errorf("second take: %v", err)
	}
	ok(t, got.Close())
	if n := refs(t, v.Name(), mach.MACH_PORT_RIGHT_SEND); n != 2 {
		t.Errorf("%d references, want the sender's and the receiver's", n)
	}

	// Moved on, and released with the message.
	ok(t, s.Send(bg, port.NewMessage(2).MoveVoucher(mine)))
	if mine.Name() != mach.MACH_PORT_NULL {
		t.Error("a moved voucher has a name")
	}
	ok(t, r.Receive(bg, &got))
	ok(t, got.Close())
	ok(t, s.Send(bg, port.NewMessage(3)))
	ok(t, r.Receive(bg, &got))
	if _, err := got.TakeVoucher(); !errors.Is(err, port.ErrKind) || got.HasVoucher() {
		t.Errorf("a voucher out of nothing: %v", err)
	}
}

// Vouchers belong to messages that are not sent, come back with those that find
// no room, and make way for others.
func TestVoucherStaysWithMessage(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t, port.QueueLimit(1))
	v := newVoucher(t, "kept")
	ok(t, s.Send(bg, port.NewMessage(1)))
	for _, build := range []func(*port.Message) *port.Message{
		func(m *port.Message) *port.Message { return m.CopyVoucher(v) },
		func(m *port.Message) *port.Message { return m.MoveVoucher(must(v.Copy())(t)) },
		func(m *port.Message) *port.Message { return m.CopyVoucher(v).MoveVoucher(must(v.Copy())(t)) },
		func(m *port.Message) *port.Message { return m.MoveVoucher(must(v.Copy())(t)).CopyVoucher(v) },
	} {
		ok(t, build(port.NewMessage(2)).Close())
		m := build(port.NewMessage(2))
		for range 2 {
			if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
				t.Fatal(err)
			}
		}
		var got port.Received
		ok(t, r.Receive(bg, &got))
		ok(t, s.TrySend(m))
		ok(t, r.Receive(bg, &got))
		if got.VoucherName() != v.Name() {
			t.Errorf("voucher %#x, want %#x", got.VoucherName(), v.Name())
		}
		ok(t, got.Close())
		ok(t, s.Send(bg, port.NewMessage(1)))
		// Given up for good.
		m = build(port.NewMessage(2))
		if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
			t.Fatal(err)
		}
		ok(t, m.Close())
		if n := refs(t, v.Name(), mach.MACH_PORT_RIGHT_SEND); n != 1 {
			t.Fatalf("%d references are left, want 1", n)
		}
	}
}

// A voucher that comes back from a full queue may have got another name.
func TestVoucherComesBackRenamed(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t, port.QueueLimit(1))
	var got port.Received
	defer got.Close()
	for _, send := range []bool{false, true} {
		m := port.NewMessage(2).MoveVoucher(newVoucher(t, "renamed"))
		ok(t, s.Send(bg, port.NewMessage(1)))
		for range 3 {
			if err := s.TrySend(m); !errors.Is(err, mach.MACH_SEND_TIMED_OUT) {
				t.Fatal(err)
			}
		}
		ok(t, r.Receive(bg, &got))
		if send {
			ok(t, s.TrySend(m))
			ok(t, r.Receive(bg, &got))
			if data := voucherData(t, got.VoucherName()); data != "renamed" {
				t.Errorf("data %q", data)
			}
		}
		ok(t, m.Close())
		ok(t, got.Close())
	}
}

func TestNotAVoucher(t *testing.T) {
	porttest.LeakCheck(t)
	_, s := pair(t)
	_, other := pair(t)
	m := port.NewMessage(1).CopyVoucher(other)
	if err := s.Send(bg, m); !errors.Is(err, mach.MACH_SEND_INVALID_VOUCHER) {
		t.Error(err)
	}
	ok(t, m.Close())
	m = port.NewMessage(1).MoveVoucher(must(other.Copy())(t))
	if err := s.Send(bg, m); !errors.Is(err, mach.MACH_SEND_INVALID_VOUCHER) {
		t.Error(err)
	}
	ok(t, m.Close())
	ok(t, other.Close())
	if err := s.Send(bg, port.NewMessage(1).CopyVoucher(other)); !errors.Is(err, port.ErrClosed) {
		t.Error(err)
	}
}
