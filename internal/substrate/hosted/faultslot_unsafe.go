//go:build linux && (amd64 || arm64)

package hosted

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the handler in ownfault_*.s uses: the table of slots, the word that it
// rings with, and where Go's handlers are.
var (
	faultSlots uintptr
	faultBell  uint32
	goHandlers [32]uintptr
	goActions  [32]kernelAction
	faultEntry uintptr // address of the handler
)

func newFaultSlots() error {
	b, err := unix.Mmap(-1, 0, faultSlotCount*int(unsafe.Sizeof(slot{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return err
	}
	atomic.StoreUintptr(&faultSlots, uintptr(unsafe.Pointer(&b[0])))
	return nil
}

func faultSlotAt(i int) *slot {
	at := faultSlots + uintptr(i)*unsafe.Sizeof(slot{})
	return *(**slot)(unsafe.Pointer(&at))
}

// standBefore puts the handler before Go's, standBack takes it away.
func standBefore() error {
	for _, signal := range faultSignals {
		old := &goActions[signal]
		if _, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), 0, uintptr(unsafe.Pointer(old)), 8, 0, 0); errno != 0 {
			return errno
		}
		goHandlers[signal] = old.handler
		a := kernelAction{handler: faultEntry, flags: saSiginfo | saOnStack | saRestart, restorer: ownReturnPC, mask: ^uint64(0)}
		if ownReturnPC != 0 {
			a.flags |= saRestorer
		}
		if _, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&a)), 0, 8, 0, 0); errno != 0 {
			return errno
		}
	}
	return nil
}

func standBack() error {
	for _, signal := range faultSignals {
		if _, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&goActions[signal])), 0, 8, 0, 0); errno != 0 {
			return errno
		}
	}
	return nil
}

func bellRings() uint32 { return atomic.LoadUint32(&faultBell) }

// waitForRing waits until the bell has rung more often than that.
func waitForRing(rung uint32) {
	const futexWaitPrivate = 128
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&faultBell)), futexWaitPrivate, uintptr(rung), 0, 0, 0)
}
