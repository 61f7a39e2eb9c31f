//go:build linux && (amd64 || arm64)

package hosted

import (
	"encoding/binary"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newSlot makes a slot in memory of its own, which is never given back.
func newSlot() (*slot, error) {
	b, err := unix.Mmap(-1, 0, int(unsafe.Sizeof(slot{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, err
	}
	return (*slot)(unsafe.Pointer(&b[0])), nil
}

// ownHandlerPC and ownReturnPC are the addresses of the signal handler and of
// what it returns to; see own_*.s.
var ownHandlerPC, ownReturnPC uintptr

// kernelAction is the system's struct sigaction.
type kernelAction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// installHandler takes the signal. While the handler runs no other signal
// comes, and it runs on the stack that Go made for signals.
func installHandler() error {
	a := kernelAction{handler: ownHandlerPC, flags: saSiginfo | saOnStack | saRestart, mask: ^uint64(0)}
	if ownReturnPC != 0 {
		a.flags |= saRestorer
		a.restorer = ownReturnPC
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, ownSignal, uintptr(unsafe.Pointer(&a)), 0, 8, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Flags of asm-generic/signal-defs.h, and a si_code.
const (
	saSiginfo  = 0x4
	saRestorer = 0x04000000
	saOnStack  = 0x08000000
	saRestart  = 0x10000000
	siQueue    = -1
)

// sendSlot sends a thread the signal with the address of a slot.
func sendSlot(tid int, s *slot) error {
	var info struct {
		signo, errno, code int32
		_                  int32
		pid, uid           uint32
		value              uintptr
		_                  [96]byte
	}
	info.signo, info.code = ownSignal, siQueue
	info.pid, info.uid = uint32(os.Getpid()), uint32(os.Getuid())
	info.value = uintptr(unsafe.Pointer(s))
	_, _, errno := unix.Syscall6(unix.SYS_RT_TGSIGQUEUEINFO, uintptr(os.Getpid()), uintptr(tid), ownSignal, uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// wake ends the wait of a handler that holds its thread.
func (s *slot) wake() {
	const futexWakePrivate = 1 | 128
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.proceed)), futexWakePrivate, 1, 0, 0, 0)
}

// frame views n bytes of the frame of a held thread. It is not inlined since
// Go 1.26's compiler fails on a copy between what it then knows to be integers.
//
//go:noinline
func (s *slot) frame(offset uint64, n int) []byte {
	at := s.context + offset
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), n)
}

// inFrame is a register in the frame of a held thread.
func (s *slot) inFrame(offset uint64) uint64 { return binary.LittleEndian.Uint64(s.frame(offset, 8)) }

// bytesAt views n bytes at an address that the frame holds.
//
//go:noinline
func bytesAt(addr uint64, n int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n)
}

// keepSleeping sleeps for a moment without leaving the processor to another
// goroutine: the scheduler could hand it to a thread that stands still.
func keepSleeping() {
	ts := unix.Timespec{Nsec: 50_000}
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
}
