package port

import (
	"bytes"
	"errors"
	"math"
	"math/bits"
	"testing"

	"github.com/gomach/mach"
)

// FuzzParse takes any bytes apart; what it accepts must lie inside the message.
func FuzzParse(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 24))
	m := NewMessage(1).CopyName(1).CopyBytes([]byte("x")).AppendUint32(3)
	n, _ := m.finish(&header{})
	f.Add(append([]byte(nil), m.buf.bytes()[:n]...))
	for _, b := range seeds() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Received
		r.buf.grow(len(b) + 8)
		copy(r.buf.bytes(), b)
		if err := r.layout.parse(r.buf.bytes()[:len(b)]); err != nil {
			if r.layout.size != 0 || len(r.layout.descs) != 0 {
				t.Fatal("a refused message left something")
			}
			return
		}
		r.full = true
		l := &r.layout
		if l.data < headerSize || l.data > l.size || l.size > len(b) || len(r.Data()) != l.size-l.data {
			t.Fatalf("data at %d of %d, %d bytes", l.data, l.size, len(b))
		}
		trailer := r.trailer()
		if s, ok := r.Sender(); ok && (len(trailer) < 52 || s.Token.Val[5] != le.Uint32(trailer[40:])) {
			t.Fatalf("a sender out of %d bytes of trailer", len(trailer))
		}
		if len(trailer) > 0 && (l.size+len(trailer) > 8*len(r.buf.words) || len(trailer) < minTrailer) {
			t.Fatalf("a trailer of %d bytes behind %d", len(trailer), l.size)
		}
		var kinds []Kind
		for i := range l.descs {
			kinds = append(kinds, r.Kind(i))
		}
		at := bodyOffset
		for i, d := range l.descs {
			if d < 0 { // taken
				d = ^d
			}
			if d != at {
				t.Fatalf("descriptor %d at %d, want %d", i, d, at)
			}
			size, ok := descriptorSize(b[d:])
			if !ok || d+size > l.data {
				t.Fatalf("descriptor %d of %d bytes ends behind %d", i, size, l.data)
			}
			at += size
			_ = r.Kind(i).String()
			r.SendName(i)
			if k := r.Kind(i); k == Taken || int(k) >= len(kindNames) {
				t.Fatalf("descriptor %d is %v", i, k)
			}
			// Nothing is taken for what it is not. What is right would be a
			// name or memory of this task: that is left alone.
			if _, err := r.TakeOutOfLine(i); (err == nil) != (kinds[i] == OutOfLineMemory) {
				t.Fatalf("descriptor %d, %v, as memory: %v", i, kinds[i], err)
			}
		}
		if len(l.descs) > 0 && at != l.data {
			t.Fatalf("descriptors end at %d, data begins at %d", at, l.data)
		}
		r.ID()
		r.HasReply()
		r.Sender()
		r.Seqno()
		_ = r.MIGError(1)
	})
}

// Inline data stays below what a header's field can say, and what an int can.
func TestInlineTooLarge(t *testing.T) {
	leakCheck(t)
	for _, n := range []int{math.MaxInt, math.MaxInt - headerSize, math.MaxInt32, maxMessage, maxMessage - headerSize + 1} {
		m := NewMessage(1).AppendUint32(1)
		if m.ready(n) || !errors.Is(m.Err(), mach.MACH_SEND_TOO_LARGE) || m.Len() != 4 {
			t.Errorf("%d bytes: %v", n, m.Err())
		}
		if err := m.Reset(2).AppendUint32(1).Err(); err != nil || m.Len() != 4 {
			t.Errorf("%d bytes, afterwards: %v", n, err)
		}
	}
}

// seeds are messages with each kind of descriptor, a voucher, and a trailer.
func seeds() (all [][]byte) {
	for _, t := range []mach.MachMsgDescriptorType{mach.MACH_MSG_PORT_DESCRIPTOR, mach.MACH_MSG_OOL_DESCRIPTOR,
		mach.MACH_MSG_OOL_PORTS_DESCRIPTOR, mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR, mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR, 5, 255} {
		for _, size := range []int{portDescriptor, oolDescriptor} {
			for _, trailer := range []int{0, 8, 12, 20, 52, 60, 68} {
				b := make([]byte, bodyOffset+size+trailer)
				le.PutUint32(b, mach.MACH_MSGH_BITS_COMPLEX|uint32(mach.MACH_MSG_TYPE_MOVE_SEND)<<16|uint32(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE))
				le.PutUint32(b[4:], uint32(bodyOffset+size))
				le.PutUint32(b[headerSize:], 1)
				b[bodyOffset+10], b[bodyOffset+11] = byte(mach.MACH_MSG_TYPE_PORT_SEND), byte(t)
				if trailer > 0 {
					le.PutUint32(b[bodyOffset+size+4:], uint32(trailer))
				}
				all = append(all, b)
			}
		}
	}
	return all
}

// What the builder makes, the parser takes apart the same.
func FuzzBuild(f *testing.F) {
	f.Add([]byte("pmPd\x00abc"))
	f.Add([]byte("cccc\x00d\x00\x01\x02\x04\x03\x00"))
	f.Fuzz(func(t *testing.T, script []byte) {
		// Go tries to make each input that it finds shorter, in as many ways as the
		// square of its length, before it goes on.
		if len(script) > 128 {
			return
		}
		m := NewMessage(9)
		var kinds []mach.MachMsgDescriptorType
		var inline []byte
		for _, c := range script {
			switch c % 5 {
			case 0:
				m.CopyName(mach.MachPort(c))
				kinds = append(kinds, mach.MACH_MSG_PORT_DESCRIPTOR)
			case 1:
				m.CopyBytes(script)
				kinds = append(kinds, mach.MACH_MSG_OOL_DESCRIPTOR)
			case 2:
				m.Append(c)
				inline = append(inline, c)
			case 3:
				m.AppendUint64(uint64(c))
				inline = le.AppendUint64(inline, uint64(c))
			case 4:
				m.CopySends()
				kinds = append(kinds, mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)
			}
		}
		n, err := m.finish(&header{})
		if err != nil {
			t.Fatal(err)
		}
		var l layout
		if err := l.parse(m.buf.bytes()[:n]); err != nil {
			t.Fatal(err)
		}
		data := append(inline, make([]byte, -len(inline)&3)...)
		if len(l.descs) != len(kinds) || !bytes.Equal(m.buf.bytes()[l.data:l.size], data) || n != l.size {
			t.Fatalf("%d descriptors and data %x, want %d and %x", len(l.descs), m.buf.bytes()[l.data:l.size], len(kinds), data)
		}
		for i, d := range l.descs {
			if got := mach.MachMsgDescriptorType(m.buf.bytes()[d+11]); got != kinds[i] {
				t.Fatalf("descriptor %d is %d, want %d", i, got, kinds[i])
			}
		}
	})
}

// Building takes time by what is built: descriptors that come behind much data do
// not move it one by one.
func TestBuildMovesLittle(t *testing.T) {
	leakCheck(t)
	const descriptors, data = 1 << 14, 1 << 20
	m := NewMessage(1).Append(make([]byte, data)...)
	moves := 0
	for range descriptors {
		at := m.data
		if m.CopyName(1); m.data != at {
			moves++
		}
	}
	if n, err := m.finish(&header{}); err != nil || n != bodyOffset+descriptors*portDescriptor+data {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if moves > 2*bits.Len(descriptors) {
		t.Errorf("the data moved %d times for %d descriptors", moves, descriptors)
	}
}

// What is built in any order of descriptors and data, with sends between, is the
// same message.
func TestBuildOnAfterFinish(t *testing.T) {
	leakCheck(t)
	m := NewMessage(1).Append(1, 2, 3, 4)
	for i := range 9 {
		m.CopyName(mach.MachPort(i + 1))
		m.AppendUint32(uint32(i))
		n, err := m.finish(&header{})
		var l layout
		if err != nil || l.parse(m.buf.bytes()[:n]) != nil || len(l.descs) != i+1 || m.Len() != 8+4*i {
			t.Fatalf("%d: %d descriptors, %d bytes: %v", i, len(l.descs), m.Len(), err)
		}
		for k, d := range l.descs {
			if name := le.Uint32(m.buf.bytes()[d:]); name != uint32(k+1) {
				t.Errorf("%d: descriptor %d is of %#x", i, k, name)
			}
		}
		for k := range i + 1 {
			if v := le.Uint32(m.buf.bytes()[l.data+4+4*k:]); v != uint32(k) {
				t.Errorf("%d: number %d is %d", i, k, v)
			}
		}
	}
}
