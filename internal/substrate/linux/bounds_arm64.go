//go:build linux

package linux

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// usualEnd is the end of addresses by most configurations.
const usualEnd = 1 << 48

// SignatureMask reads which bits of a pointer to data, and of one to code, hold its
// signature (user_pac_mask). It fails where nothing is signed: the processor
// cannot, or the kernel was built without it.
func (s *Stopped) SignatureMask() (data, code uint64, err error) {
	var buf [16]byte
	if _, err := ptraceSet(unix.PTRACE_GETREGSET, s.x.tid, NoteArmPACMask, buf[:]); err != nil {
		return 0, 0, err
	}
	return binary.LittleEndian.Uint64(buf[:]), binary.LittleEndian.Uint64(buf[8:]), nil
}

// signatureAt is the lowest bit of signatures, the same in all processes: 0 before
// a thread was asked, -1 if nothing is signed.
var signatureAt atomic.Int32

// askSignature asks the first thread that is looked at.
func (s *Stopped) askSignature() {
	if signatureAt.Load() != 0 {
		return
	}
	at := int32(-1)
	if data, code, err := s.SignatureMask(); err == nil && data&code != 0 {
		at = int32(bits.TrailingZeros64(data | code))
	}
	signatureAt.Store(at)
}

// endBySignatures is where addresses end, if signatures tell: all bits below them
// are address. It is 0 if they do not.
func endBySignatures() uint64 {
	if at := signatureAt.Load(); at > 0 {
		return 1 << at
	}
	return 0
}
