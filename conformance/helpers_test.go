package conformance_test

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
)

const (
	headerSize = 24 // mach_msg_header_t
	none       = mach.MachPort(0)
)

func self() mach.MachPort { return mach.MachTaskSelf() }

// codeOf is the kern_return_t in err, 0 for nil.
func codeOf(err error) mach.KernReturn {
	var k mach.KernReturn
	switch {
	case err == nil:
		return 0
	case errors.As(err, &k):
		return k
	case errors.Is(err, mach.KERN_NOT_SUPPORTED):
		return mach.KERN_NOT_SUPPORTED
	}
	return -1
}

// provoked remembers which function gave which code.
var provoked struct {
	sync.Mutex
	codes map[string]map[mach.KernReturn]bool
}

func record(fn string, code mach.KernReturn) {
	provoked.Lock()
	defer provoked.Unlock()
	if provoked.codes == nil {
		provoked.codes = map[string]map[mach.KernReturn]bool{}
	}
	if provoked.codes[fn] == nil {
		provoked.codes[fn] = map[mach.KernReturn]bool{}
	}
	provoked.codes[fn][code] = true
}

// ok fails the test unless a call succeeded.
func ok(t testing.TB, fn string, err error) {
	t.Helper()
	lacking(t, fn, err)
	if err != nil {
		t.Fatalf("%s: %#x (%v), want success", fn, uint32(codeOf(err)), err)
	}
	record(fn, 0)
}

// want checks that a call failed with one of the codes.
func want(t testing.TB, fn string, err error, codes ...mach.KernReturn) {
	t.Helper()
	lacking(t, fn, err)
	got := codeOf(err)
	for _, c := range codes {
		if got == c {
			record(fn, got)
			return
		}
	}
	t.Errorf("%s: %#x (%v), want %#x (%v)", fn, uint32(got), err, uint32(codes[0]), codes[0])
}

// lacking skips what the running system is too old for.
func lacking(t testing.TB, fn string, err error) {
	t.Helper()
	var u *mach.UnsupportedError
	if errors.As(err, &u) {
		t.Skipf("%s: %v", fn, err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// realMac reports whether Apple's kernel answers. Under darwinrun another
// kernel gives the version line, or MACH_EMULATED is set.
var realMac = sync.OnceValue(func() bool {
	if runtime.GOOS != "darwin" || os.Getenv("MACH_EMULATED") != "" {
		return false
	}
	var v mach.KernelVersion
	host := mach.MachHostSelf()
	err := mach.HostKernelVersion(host, &v)
	mach.MachPortDeallocate(self(), host)
	line := string(v[:])
	return err != nil || strings.HasPrefix(line, "Darwin Kernel Version ") && !strings.Contains(line, "gomach")
})

// violation skips the test where a guard exception would end the process, as on
// a real Mac (xnu osfmk/ipc/ipc_policy.c, mach_port_guard_ast): what the call
// answers is only to be seen with MACH_GUARDS=off.
func violation(t testing.TB, why string) {
	t.Helper()
	if realMac() || os.Getenv("MACH_GUARDS") != "off" {
		t.Skip("it raises EXC_GUARD: " + why)
	}
}

// host is the host port for one test.
func host(t testing.TB) mach.MachPort {
	h := mach.MachHostSelf()
	t.Cleanup(func() { mach.MachPortDeallocate(self(), h) })
	return h
}

// thread is the calling thread's port for one test, with the goroutine locked
// to the thread.
func thread(t testing.TB) mach.MachPort {
	runtime.LockOSThread()
	th := mach.MachThreadSelf()
	t.Cleanup(func() {
		mach.MachPortDeallocate(self(), th)
		runtime.UnlockOSThread()
	})
	return th
}

// onThread runs f on an OS thread of its own, which ends with f. It waits for
// the result at most ten seconds: a call that should have woken up fails the
// test instead of hanging it.
func onThread(t testing.TB, f func()) (wait func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f()
		mach.MIGDeallocReplyPort(ownReplyPort())
	}()
	return func() {
		t.Helper()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatal("a thread that should have come back is still waiting")
		}
	}
}

// replyPorts are the ports on which the threads' MIG stubs wait. They belong
// to the library and come and go with threads.
var replyPorts sync.Map

// ownReplyPort is that of the calling thread.
func ownReplyPort() mach.MachPort {
	p := mach.MIGGetReplyPort()
	replyPorts.Store(p, true)
	return p
}

// alloc is fresh memory for one test.
func alloc(t testing.TB, size uint64) uint64 {
	t.Helper()
	var addr uint64
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &addr, size, anywhere))
	t.Cleanup(func() { mach.MachVMDeallocate(self(), addr, size) })
	return addr
}

// The suite's memory is tagged, so that what is left over can be found.
const (
	tag      = 240 // VM_MEMORY_APPLICATION_SPECIFIC_1
	tagged   = tag<<24 - 1<<32
	anywhere = mach.VM_FLAGS_ANYWHERE + tagged
)

func page() uint64 { return uint64(mach.VMPageSize()) }

// end is where the addresses of this task end: 47 bits on macOS
// (MACH_VM_MAX_ADDRESS of mach/arm/vm_param.h and mach/i386/vm_param.h), as many
// as the kernel was built for on Linux.
func end(t testing.TB) uint64 {
	t.Helper()
	info, _ := taskInfo[mach.TaskVMInfo](t, self(), mach.TASK_VM_INFO)
	return info.MaxAddress.Uint64()
}

// fill writes a pattern that depends on seed, filled checks it.
func fill(addr uint64, n int, seed byte) {
	b := view(addr, n)
	for i := range b {
		b[i] = byte(i*7) + byte(i>>8) + seed
	}
}

func filled(t testing.TB, what string, b []byte, seed byte) {
	t.Helper()
	w := make([]byte, len(b))
	for i := range w {
		w[i] = byte(i*7) + byte(i>>8) + seed
	}
	if !bytes.Equal(b, w) {
		t.Errorf("%s: bytes differ from what was written", what)
	}
}

// take copies an array that a call handed over and frees it.
func take[T any](t testing.TB, p *T, n mach.MachMsgTypeNumber) []T {
	t.Helper()
	out := append([]T(nil), mach.Slice(p, n)...)
	if n > 0 {
		ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), mach.AddressOf(p), mach.SizeOf[T](n)))
	}
	return out
}

func bits(remote, local mach.MachMsgTypeName) mach.MachMsgBits {
	return mach.MachMsgBits(remote) | mach.MachMsgBits(local)<<8
}
