//go:build linux && (amd64 || arm64)

package linux

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Raw system calls that x/sys does not offer in the form needed here. None
// of them blocks, so the Go scheduler is not told.

func ptrace(request, tid int, addr, data uintptr) error {
	_, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, data, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// ptraceInto is ptrace for requests whose data argument points to a result
// of fixed size.
func ptraceInto[T any](request, tid int, addr uintptr, data *T) error {
	_, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, uintptr(unsafe.Pointer(data)), 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// peekSignals gives the signals that wait for a stopped thread alone.
func peekSignals(tid int, into []SigInfo) (int, error) {
	args := struct {
		offset uint64
		flags  uint32
		count  int32
	}{count: int32(len(into))}
	n, _, e := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_PEEKSIGINFO, uintptr(tid),
		uintptr(unsafe.Pointer(&args)), uintptr(unsafe.Pointer(unsafe.SliceData(into))), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

// ptraceSet reads or writes the register set called note and gives its size.
func ptraceSet(request, tid int, note uintptr, buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, unix.EINVAL
	}
	iov := unix.Iovec{Base: &buf[0]}
	iov.SetLen(len(buf))
	_, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), note, uintptr(unsafe.Pointer(&iov)), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(iov.Len), nil
}

// bytesOf views a plain value as bytes.
func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// childInfo is the siginfo_t that waitid fills for a child.
type childInfo struct {
	Signo, Errno, Code int32
	_                  int32
	PID                int32
	UID                uint32
	Status             int32
	_                  [100]byte
}

// waitThread asks for the state of one traced thread without waiting. A zero
// PID in info says that nothing has happened.
func waitThread(tid int, options int, info *childInfo) error {
	*info = childInfo{}
	for {
		_, _, e := unix.RawSyscall6(unix.SYS_WAITID, unix.P_PID, uintptr(tid), uintptr(unsafe.Pointer(info)),
			uintptr(options|unix.WNOHANG|unix.WALL|unix.WNOTHREAD), 0, 0)
		if e == unix.EINTR {
			continue
		}
		if e != 0 {
			return e
		}
		return nil
	}
}

// waitAny asks for any traced thread of this thread that has stopped or ended,
// and leaves it as it is.
func waitAny(info *childInfo) error {
	*info = childInfo{}
	_, _, e := unix.RawSyscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(info)),
		unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT|unix.WNOHANG|unix.WALL|unix.WNOTHREAD, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

func ioctl[T any](fd int, request uintptr, arg *T) (int, error) {
	n, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(arg)))
	if e != 0 {
		return int(n), e
	}
	return int(n), nil
}

// addressOf gives the address of a buffer that the caller keeps alive across
// the one system call that uses it.
func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

func addressOfRuns(r []PageRun) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(r))) }
