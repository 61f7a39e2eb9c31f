//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Yama's ptrace_scope 1 lets a process look into its descendants only (Linux,
// Documentation/admin-guide/LSM/Yama.rst). Kernels without Yama are given the
// rule by a seccomp filter: it asks the test about each ptrace that attaches and
// each read or write of another's memory.

// underYama is how the test binary runs a command with the filter.
const underYama = "DUMP_TEST_YAMA"

// The requests of ptrace that attach, and seccomp's numbers (linux/seccomp.h).
const (
	notifyOnly     = 1 << 3 // SECCOMP_FILTER_FLAG_NEW_LISTENER
	notifyRecv     = 0xc0502100
	notifySend     = 0xc0182101
	goOn           = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE
	notification   = 80
	retUserNotif   = 0x7fc00000
	retAllow       = 0x7fff0000
	setModeFilter  = 1
	offsetOfNumber = 0
)

// confine installs the filter in this process, hands its listener over and
// becomes the command.
func confine(socket string, args []string) error {
	runtime.LockOSThread()
	jump := func(call uint32, then uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: then, K: call}
	}
	code := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetOfNumber},
		jump(unix.SYS_PTRACE, 3), jump(unix.SYS_PROCESS_VM_READV, 2), jump(unix.SYS_PROCESS_VM_WRITEV, 1),
		{Code: unix.BPF_RET | unix.BPF_K, K: retAllow},
		{Code: unix.BPF_RET | unix.BPF_K, K: retUserNotif},
	}
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, setModeFilter, notifyOnly, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	if _, _, err := conn.(*net.UnixConn).WriteMsgUnix([]byte{0}, unix.UnixRights(int(fd)), nil); err != nil {
		return err
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	return unix.Exec(path, args, os.Environ())
}

// supervise answers the filter's questions as Yama would until nobody is left
// to ask, and counts its refusals.
func supervise(fd int, refused *atomic.Int64) {
	var ask [notification]byte
	for {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR || poll[0].Revents&unix.POLLHUP != 0 {
			return // nobody is left
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			continue
		}
		clear(ask[:])
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), notifyRecv, uintptr(unsafe.Pointer(&ask))); errno != 0 {
			if errno == unix.ENOENT || errno == unix.EINTR {
				continue // who asked has ended
			}
			return
		}
		le := binary.LittleEndian
		id, from := le.Uint64(ask[:]), int(le.Uint32(ask[8:]))
		call, arg := le.Uint32(ask[16:]), func(i int) int { return int(int32(le.Uint64(ask[32+8*i:]))) }
		of, asked := arg(0), true
		if call == unix.SYS_PTRACE {
			of = arg(1)
			asked = arg(0) == unix.PTRACE_ATTACH || arg(0) == unix.PTRACE_SEIZE
		}
		var answer [24]byte
		le.PutUint64(answer[:], id)
		if !asked || descends(of, from) {
			le.PutUint32(answer[20:], goOn)
		} else {
			refused.Add(1)
			errno := int32(unix.EPERM)
			le.PutUint32(answer[16:], uint32(-errno))
		}
		unix.Syscall(unix.SYS_IOCTL, uintptr(fd), notifySend, uintptr(unsafe.Pointer(&answer)))
	}
}

// descends tells whether a thread is one of a process that stems from another
// thread's process, or of that itself.
func descends(of, from int) bool {
	process := func(tid int) int { n, _ := strconv.Atoi(statusOf(tid, "Tgid")); return n }
	ancestor := process(from)
	for pid := process(of); pid > 1; pid, _ = strconv.Atoi(statusOf(pid, "PPid")) {
		if pid == ancestor {
			return true
		}
	}
	return false
}

// yama runs commands under the filter; refused counts what it refused so far.
func yama(t *testing.T) (wrapper []string, refused *atomic.Int64) {
	t.Helper()
	socket := dir + "/" + strconv.Itoa(os.Getpid()) + t.Name()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	refused = new(atomic.Int64)
	go func() {
		defer close(done)
		conn, err := l.AcceptUnix()
		if err != nil {
			return
		}
		defer conn.Close()
		control := make([]byte, unix.CmsgSpace(4))
		_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), control)
		if err != nil {
			return
		}
		if m, err := unix.ParseSocketControlMessage(control[:n]); err == nil && len(m) == 1 {
			if fds, err := unix.ParseUnixRights(&m[0]); err == nil {
				supervise(fds[0], refused)
				unix.Close(fds[0])
			}
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"env", underYama + "=" + socket, self}, refused
}

func TestUnderYama(t *testing.T) {
	wrapper, _ := yama(t)
	dumpsItsOwn(t, func() *exec.Cmd { return starting(t, wrapper...) }, true)
}

// What is no descendant is refused, or the filter would prove nothing.
func TestYamaRefusesOthers(t *testing.T) {
	x := startTarget(t, "park")
	wrapper, refused := yama(t)
	path, err := buildDumper()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(wrapper[0], append(wrapper[1:], path, strconv.Itoa(int(x.pid())))...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "not permitted") {
		t.Errorf("%v\n%s", err, out)
	}
	if refused.Load() == 0 {
		t.Error("the filter was not asked")
	}
	x.lives()
}
