package conformance_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// parked is an OS thread that waits in a message receive until released.
type parked struct {
	port mach.MachPort // a reference to its control port
	box  mach.MachPort // what it receives from
	err  chan error
	wait func()
}

// park starts one. Suspending it is safe: it holds no lock of Go's runtime.
func park(t testing.TB, options mach.MachMsgOption) *parked {
	t.Helper()
	p := &parked{box: sendPort(t), err: make(chan error, 1)}
	ports := make(chan mach.MachPort)
	p.wait = onThread(t, func() {
		ports <- mach.MachThreadSelf()
		b := newBuffer(256)
		p.err <- mach.MachMsg(b.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT|options, 0, b.size(), p.box, 9000, none)
	})
	p.port = <-ports
	time.Sleep(30 * time.Millisecond) // until it waits
	t.Cleanup(func() { destroy(p.port) })
	return p
}

// stop suspends it. A hosted process cannot stop a thread of its own, as Linux
// traces other processes only: there the test is left to the threads of a
// child.
func stop(t testing.TB, p *parked) {
	t.Helper()
	err := mach.ThreadSuspend(p.port)
	if code := codeOf(err); runtime.GOOS != "darwin" && (code == mach.KERN_INVALID_ARGUMENT || code == mach.KERN_NOT_SUPPORTED) {
		p.release(t)
		t.Skip("a hosted process cannot stop its own threads; see TestChildThread")
	}
	ok(t, "thread_suspend", err)
}

// release lets the thread end.
func (p *parked) release(t testing.TB) {
	t.Helper()
	ok(t, "mach_msg", poke(p.box, 1))
	p.wait()
}

func threadInfo[T any](t testing.TB, th mach.MachPort, flavor mach.ThreadFlavor) (info T) {
	t.Helper()
	n := mach.CountOf[T]()
	ok(t, "thread_info", mach.ThreadInfo(th, flavor, mach.Info(&info), &n))
	equal(t, "count", n, mach.CountOf[T]())
	return info
}

// xnu osfmk/kern/thread.c, thread_info_internal.
func TestThreadInfo(t *testing.T) {
	begin(t)
	me := thread(t)
	p := park(t, 0)
	a := threadInfo[mach.ThreadBasicInfo](t, me, mach.THREAD_BASIC_INFO)
	var b mach.ThreadBasicInfo
	used := burn(5*time.Millisecond, func() time.Duration {
		b = threadInfo[mach.ThreadBasicInfo](t, me, mach.THREAD_BASIC_INFO)
		return time.Duration(micros(b.UserTime)+micros(b.SystemTime)-micros(a.UserTime)-micros(a.SystemTime)) * time.Microsecond
	})
	if used < 5*time.Millisecond || used > time.Minute {
		t.Errorf("much work counts as %v", used)
	}
	equal(t, "run state", b.RunState, mach.TH_STATE_RUNNING)
	equal(t, "suspend count", b.SuspendCount, 0)
	// A thread that works all the time uses a processor (retrieve_thread_basic_info).
	for end := time.Now().Add(20 * time.Second); b.CPUUsage == 0 && time.Now().Before(end); {
		b = threadInfo[mach.ThreadBasicInfo](t, me, mach.THREAD_BASIC_INFO)
	}
	if b.CPUUsage <= 0 || b.CPUUsage > mach.TH_USAGE_SCALE {
		t.Errorf("processor use %d", b.CPUUsage)
	}
	w := threadInfo[mach.ThreadBasicInfo](t, p.port, mach.THREAD_BASIC_INFO)
	equal(t, "run state of a thread that waits", w.RunState, mach.TH_STATE_WAITING)

	id := threadInfo[mach.ThreadIdentifierInfo](t, me, mach.THREAD_IDENTIFIER_INFO)
	other := threadInfo[mach.ThreadIdentifierInfo](t, p.port, mach.THREAD_IDENTIFIER_INFO)
	if id.ThreadID == 0 || id.ThreadID == other.ThreadID {
		t.Errorf("thread ids %d and %d", id.ThreadID, other.ThreadID)
	}
	equal(t, "thread id asked for again", threadInfo[mach.ThreadIdentifierInfo](t, me, mach.THREAD_IDENTIFIER_INFO).ThreadID, id.ThreadID)

	e := threadInfo[mach.ThreadExtendedInfo](t, me, mach.THREAD_EXTENDED_INFO)
	if e.PthUserTime+e.PthSystemTime < 5e6 {
		t.Errorf("%d ns used", e.PthUserTime+e.PthSystemTime)
	}
	equal(t, "run state", e.PthRunState, mach.TH_STATE_RUNNING)
	ts := threadInfo[mach.PolicyTimeshareInfo](t, me, mach.THREAD_SCHED_TIMESHARE_INFO)
	if ts.CurPriority < 0 || ts.CurPriority > 127 || ts.MaxPriority < ts.BasePriority {
		t.Errorf("priorities %+v", ts)
	}
	p.release(t)
}

// xnu osfmk/kern/thread.c, thread_info_internal: errors.
func TestThreadInfoErrors(t *testing.T) {
	begin(t)
	me := thread(t)
	var room mach.ThreadInfo_t
	for flavor, need := range map[mach.ThreadFlavor]mach.MachMsgTypeNumber{
		mach.THREAD_BASIC_INFO: mach.THREAD_BASIC_INFO_COUNT, mach.THREAD_IDENTIFIER_INFO: mach.THREAD_IDENTIFIER_INFO_COUNT,
		mach.THREAD_EXTENDED_INFO: mach.THREAD_EXTENDED_INFO_COUNT, mach.THREAD_SCHED_TIMESHARE_INFO: mach.POLICY_TIMESHARE_INFO_COUNT,
	} {
		for _, n := range []mach.MachMsgTypeNumber{0, need - 1} {
			want(t, "thread_info", mach.ThreadInfo(me, flavor, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
		}
	}
	n := mach.MachMsgTypeNumber(32)
	want(t, "thread_info", mach.ThreadInfo(me, 7777, &room[0], &n), mach.KERN_INVALID_ARGUMENT)
	n = 32
	want(t, "thread_info", mach.ThreadInfo(me, mach.THREAD_SCHED_FIFO_INFO, &room[0], &n), mach.KERN_INVALID_POLICY)
	n = 32
	want(t, "thread_info", mach.ThreadInfo(me, mach.THREAD_SCHED_RR_INFO, &room[0], &n), mach.KERN_INVALID_POLICY)
}

// xnu osfmk/kern/thread_act.c, thread_suspend and thread_resume: suspensions
// count.
func TestThreadSuspend(t *testing.T) {
	begin(t)
	p := park(t, 0)
	count := func(w int32) {
		t.Helper()
		equal(t, "suspend count", threadInfo[mach.ThreadBasicInfo](t, p.port, mach.THREAD_BASIC_INFO).SuspendCount, w)
	}
	count(0)
	want(t, "thread_resume", mach.ThreadResume(p.port), mach.KERN_FAILURE)
	stop(t, p)
	count(1)
	ok(t, "thread_suspend", mach.ThreadSuspend(p.port))
	count(2)
	if runtime.GOOS != "darwin" {
		// Hosted, the receive waits in Go: waking it would give a processor of
		// Go's scheduler to a thread that does not run.
		ok(t, "thread_resume", mach.ThreadResume(p.port))
		ok(t, "thread_resume", mach.ThreadResume(p.port))
		count(0)
		p.release(t)
		ok(t, "mach_msg", <-p.err)
		return
	}
	ok(t, "mach_msg", poke(p.box, 1))
	select {
	case <-p.err:
		t.Error("a suspended thread came back")
	case <-time.After(50 * time.Millisecond):
	}
	ok(t, "thread_resume", mach.ThreadResume(p.port))
	count(1)
	select {
	case <-p.err:
		t.Error("a suspended thread came back")
	case <-time.After(50 * time.Millisecond):
	}
	ok(t, "thread_resume", mach.ThreadResume(p.port))
	p.wait()
	ok(t, "mach_msg", <-p.err)
}

// xnu osfmk/kern/thread_act.c, thread_get_state: registers of a thread that is
// suspended, the same every time.
func TestThreadGetState(t *testing.T) {
	begin(t)
	p := park(t, 0)
	stop(t, p)
	var a, b nativeState
	n := mach.CountOf[nativeState]()
	ok(t, "thread_get_state", mach.ThreadGetState(p.port, nativeFlavor, mach.State(&a), &n))
	equal(t, "count", n, mach.CountOf[nativeState]())
	n += 100
	room := make([]mach.Natural, n)
	ok(t, "thread_get_state", mach.ThreadGetState(p.port, nativeFlavor, &room[0], &n))
	equal(t, "count with more room", n, mach.CountOf[nativeState]())
	ok(t, "act_get_state", mach.ActGetState(p.port, nativeFlavor, mach.State(&b), &n))
	equal(t, "state asked for again", b, a)
	pc, sp := pcAndSP(&a)
	if start, size, info := region(t, pc); start > pc || start+size <= pc || info.Protection&mach.VM_PROT_EXECUTE == 0 {
		t.Errorf("the program counter %#x is in no code", pc)
	}
	if start, size, info := region(t, sp); start > sp || start+size <= sp || info.Protection&mach.VM_PROT_WRITE == 0 {
		t.Errorf("the stack pointer %#x is in no stack", sp)
	}
	n = mach.CountOf[nativeState]() - 1
	want(t, "thread_get_state", mach.ThreadGetState(p.port, nativeFlavor, mach.State(&a), &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "act_get_state", mach.ActGetState(p.port, nativeFlavor, mach.State(&a), &n), mach.KERN_INVALID_ARGUMENT)
	n = 500
	want(t, "thread_get_state", mach.ThreadGetState(p.port, 9999, &make([]mach.Natural, 500)[0], &n), mach.KERN_INVALID_ARGUMENT)
	// The same state may be put back.
	ok(t, "thread_set_state", mach.ThreadSetState(p.port, nativeFlavor, mach.State(&b), mach.CountOf[nativeState]()))
	want(t, "thread_set_state", mach.ThreadSetState(p.port, nativeFlavor, mach.State(&b), 3), mach.KERN_INVALID_ARGUMENT)
	want(t, "thread_set_state", mach.ThreadSetState(p.port, 9999, mach.State(&b), 3), mach.KERN_INVALID_ARGUMENT)
	ok(t, "thread_resume", mach.ThreadResume(p.port))
	p.release(t)
	ok(t, "mach_msg", <-p.err)
}

// xnu osfmk/kern/thread_act.c, act_get_state: not of the calling thread.
func TestActStateOfSelf(t *testing.T) {
	begin(t)
	me := thread(t)
	var s nativeState
	n := mach.CountOf[nativeState]()
	want(t, "act_get_state", mach.ActGetState(me, nativeFlavor, mach.State(&s), &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "act_set_state", mach.ActSetState(me, nativeFlavor, mach.State(&s), n), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/kern/thread_act.c, thread_abort: a receive comes back.
func TestThreadAbort(t *testing.T) {
	for _, c := range []struct {
		fn    string
		abort func(mach.ThreadAct) error
	}{{"thread_abort", mach.ThreadAbort}, {"thread_abort_safely", mach.ThreadAbortSafely}} {
		t.Run(c.fn, func(t *testing.T) {
			begin(t)
			p := park(t, mach.MACH_RCV_INTERRUPT)
			ok(t, c.fn, c.abort(p.port))
			p.wait()
			want(t, "mach_msg", <-p.err, mach.MACH_RCV_INTERRUPTED)
			record(c.fn, mach.MACH_RCV_INTERRUPTED)
		})
	}
}

// xnu osfmk/kern/thread_act.c: what a thread that has ended answers.
func TestThreadTerminated(t *testing.T) {
	begin(t)
	var p *parked
	for try := 0; try < 3; try++ {
		p = park(t, 0)
		p.release(t)
		ok(t, "mach_msg", <-p.err)
		for i := 0; i < 200 && typeOf(t, p.port)&mach.MACH_PORT_TYPE_DEAD_NAME == 0; i++ {
			time.Sleep(10 * time.Millisecond)
		}
		if typeOf(t, p.port) == mach.MACH_PORT_TYPE_DEAD_NAME {
			break
		}
		// It was the main thread, which Go parks instead of ending it: another.
	}
	typeIs(t, p.port, mach.MACH_PORT_TYPE_DEAD_NAME)
	codes := []mach.KernReturn{mach.KERN_TERMINATED, mach.KERN_INVALID_ARGUMENT, mach.MACH_SEND_INVALID_DEST}
	var info mach.ThreadBasicInfo
	n := mach.THREAD_BASIC_INFO_COUNT
	want(t, "thread_info", mach.ThreadInfo(p.port, mach.THREAD_BASIC_INFO, mach.Info(&info), &n), codes...)
	want(t, "thread_suspend", mach.ThreadSuspend(p.port), codes...)
	want(t, "thread_resume", mach.ThreadResume(p.port), codes...)
	want(t, "thread_abort", mach.ThreadAbort(p.port), codes...)
}

// xnu osfmk/kern/ipc_tt.c, thread_get_special_port.
func TestThreadSpecialPorts(t *testing.T) {
	begin(t)
	me := thread(t)
	for which, kind := range map[int32]mach.IPCInfoObjectType{
		mach.THREAD_READ_PORT: mach.IPC_OTYPE_THREAD_READ, mach.THREAD_INSPECT_PORT: mach.IPC_OTYPE_THREAD_INSPECT,
	} {
		var p mach.MachPort
		ok(t, "thread_get_special_port", mach.ThreadGetSpecialPort(me, which, &p))
		equal(t, "kind", kindOf(t, p), kind)
		_ = threadInfo[mach.ThreadIdentifierInfo](t, p, mach.THREAD_IDENTIFIER_INFO)
		var q mach.MachPort
		want(t, "thread_get_special_port", mach.ThreadGetSpecialPort(p, mach.THREAD_KERNEL_PORT, &q), mach.KERN_INVALID_CAPABILITY)
		want(t, "thread_terminate", mach.ThreadTerminate(p), mach.KERN_INVALID_ARGUMENT)
		dropSend(t, p)
	}
	var p mach.MachPort
	want(t, "thread_get_special_port", mach.ThreadGetSpecialPort(me, 99, &p), mach.KERN_INVALID_ARGUMENT)
	want(t, "thread_set_special_port", mach.ThreadSetSpecialPort(me, 99, none), mach.KERN_INVALID_ARGUMENT)
	want(t, "thread_set_special_port", mach.ThreadSetSpecialPort(me, mach.THREAD_KERNEL_PORT, sendPort(t)), mach.KERN_NO_ACCESS)
}

// xnu libsyscall/mach/mach_init.c: each call adds a reference to one name.
func TestThreadSelf(t *testing.T) {
	begin(t)
	me := thread(t)
	n := refs(t, me, mach.MACH_PORT_RIGHT_SEND)
	again := mach.MachThreadSelf()
	equal(t, "name", again, me)
	refsAre(t, me, mach.MACH_PORT_RIGHT_SEND, n+1)
	dropSend(t, again)
	h := host(t)
	n = refs(t, h, mach.MACH_PORT_RIGHT_SEND)
	h2 := mach.MachHostSelf()
	equal(t, "host port", h2, h)
	refsAre(t, h, mach.MACH_PORT_RIGHT_SEND, n+1)
	dropSend(t, h2)
}

// xnu osfmk/kern/thread_policy.c, thread_policy_set_internal and
// thread_policy_get.
func TestThreadPolicy(t *testing.T) {
	begin(t)
	p := park(t, 0)
	set := func(f mach.ThreadPolicyFlavor, info *mach.Integer, n mach.MachMsgTypeNumber) error {
		return mach.ThreadPolicySet(p.port, f, info, n)
	}
	get := func(f mach.ThreadPolicyFlavor, info *mach.Integer, n mach.MachMsgTypeNumber) bool {
		t.Helper()
		var d mach.Boolean
		had := n
		ok(t, "thread_policy_get", mach.ThreadPolicyGet(p.port, f, info, &n, &d))
		equal(t, "count", n, had)
		return d.Bool()
	}
	prec := mach.ThreadPrecedencePolicy{Importance: 5}
	ok(t, "thread_policy_set", set(mach.THREAD_PRECEDENCE_POLICY, mach.Info(&prec), 1))
	prec.Importance = 0
	get(mach.THREAD_PRECEDENCE_POLICY, mach.Info(&prec), 1)
	equal(t, "importance", prec.Importance, 5)
	ext := mach.ThreadExtendedPolicy{Timeshare: 0}
	ok(t, "thread_policy_set", set(mach.THREAD_EXTENDED_POLICY, mach.Info(&ext), 1))
	ext.Timeshare = 1
	get(mach.THREAD_EXTENDED_POLICY, mach.Info(&ext), 1)
	equal(t, "timeshare", ext.Timeshare, 0)
	ext.Timeshare = 1
	ok(t, "thread_policy_set", set(mach.THREAD_EXTENDED_POLICY, mach.Info(&ext), 1))
	period := uint32(ticks(10 * time.Millisecond))
	tc := mach.ThreadTimeConstraintPolicy{Period: period, Computation: period / 3, Constraint: period / 2, Preemptible: 1}
	ok(t, "thread_policy_set", set(mach.THREAD_TIME_CONSTRAINT_POLICY, mach.Info(&tc), 4))
	var got mach.ThreadTimeConstraintPolicy
	equal(t, "defaults", get(mach.THREAD_TIME_CONSTRAINT_POLICY, mach.Info(&got), 4), false)
	equal(t, "policy", got, tc)
	bad := tc
	bad.Constraint = bad.Computation / 2
	want(t, "thread_policy_set", set(mach.THREAD_TIME_CONSTRAINT_POLICY, mach.Info(&bad), 4), mach.KERN_INVALID_ARGUMENT)
	ok(t, "thread_policy_set", set(mach.THREAD_EXTENDED_POLICY, mach.Info(&ext), 1))
	aff := mach.ThreadAffinityPolicy{AffinityTag: 7}
	if err := set(mach.THREAD_AFFINITY_POLICY, mach.Info(&aff), 1); err != nil {
		want(t, "thread_policy_set", err, mach.KERN_NOT_SUPPORTED)
	} else {
		aff.AffinityTag = 0
		get(mach.THREAD_AFFINITY_POLICY, mach.Info(&aff), 1)
		equal(t, "affinity tag", aff.AffinityTag, 7)
	}
	for _, f := range []mach.ThreadPolicyFlavor{mach.THREAD_PRECEDENCE_POLICY, mach.THREAD_TIME_CONSTRAINT_POLICY, 7777} {
		want(t, "thread_policy_set", set(f, mach.Info(&tc), 0), mach.KERN_INVALID_ARGUMENT)
		var d mach.Boolean
		var n mach.MachMsgTypeNumber
		want(t, "thread_policy_get", mach.ThreadPolicyGet(p.port, f, mach.Info(&got), &n, &d), mach.KERN_INVALID_ARGUMENT)
	}
	p.release(t)
}

// xnu osfmk/kern/thread_policy.c, thread_policy_get and thread_policy_set: the
// flavors of osfmk/mach/thread_policy_private.h, which both CPUs have.
func TestPrivateThreadPolicy(t *testing.T) {
	begin(t)
	p := park(t, 0)
	const state, qos, priority, requested = 6, 9, 10, 11
	var room [16]mach.Integer
	for f, words := range map[mach.ThreadPolicyFlavor]mach.MachMsgTypeNumber{state: 16, qos: 2, priority: 5, requested: 7} {
		var d mach.Boolean
		n := words - 1
		want(t, "thread_policy_get", mach.ThreadPolicyGet(p.port, f, &room[0], &n, &d), mach.KERN_INVALID_ARGUMENT)
		n = 16
		err := mach.ThreadPolicyGet(p.port, f, &room[0], &n, &d)
		if f == state && os.Geteuid() != 0 {
			want(t, "thread_policy_get", err, mach.KERN_PROTECTION_FAILURE)
			continue
		}
		ok(t, "thread_policy_get", err)
		equal(t, "count, which stays", n, 16)
		equal(t, "defaults", d.Bool(), f == priority)
	}
	// Real time has one priority for users, 97; pthread alone sets a quality of service.
	period := uint32(ticks(10 * time.Millisecond))
	real := [...]mach.Integer{mach.Integer(period), mach.Integer(period / 3), mach.Integer(period / 2), 1, 98}
	want(t, "thread_policy_set", mach.ThreadPolicySet(p.port, priority, &real[0], 5), mach.KERN_INVALID_ARGUMENT)
	real[4] = 97
	want(t, "thread_policy_set", mach.ThreadPolicySet(p.port, priority, &real[0], 4), mach.KERN_INVALID_ARGUMENT)
	ok(t, "thread_policy_set", mach.ThreadPolicySet(p.port, priority, &real[0], 5))
	var d mach.Boolean
	n := mach.MachMsgTypeNumber(5)
	ok(t, "thread_policy_get", mach.ThreadPolicyGet(p.port, priority, &room[0], &n, &d))
	equal(t, "policy", [5]mach.Integer(room[:5]), real)
	want(t, "thread_policy_set", mach.ThreadPolicySet(p.port, qos, &room[0], 2), mach.KERN_INVALID_ARGUMENT)
	p.release(t)
}

// xnu osfmk/kern/syscall_subr.c, thread_switch, swtch and swtch_pri.
func TestThreadSwitch(t *testing.T) {
	begin(t)
	me := thread(t)
	for _, o := range []int32{mach.SWITCH_OPTION_NONE, mach.SWITCH_OPTION_DEPRESS, mach.SWITCH_OPTION_WAIT, 3, 4, 5} { // the last three are private
		ok(t, "thread_switch", mach.ThreadSwitch(none, o, 1))
	}
	ok(t, "thread_switch", mach.ThreadSwitch(sendPort(t), mach.SWITCH_OPTION_NONE, 0))
	for _, o := range []int32{-1, 6, 99} {
		want(t, "thread_switch", mach.ThreadSwitch(none, o, 1), mach.KERN_INVALID_ARGUMENT)
	}
	start := time.Now()
	ok(t, "thread_switch", mach.ThreadSwitch(none, 3, 60000)) // SWITCH_OPTION_DISPATCH_CONTENTION counts microseconds
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("a wait of 60,000 µs took %v", d)
	}
	start = time.Now()
	ok(t, "thread_switch", mach.ThreadSwitch(none, mach.SWITCH_OPTION_WAIT, 30))
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("a wait of 30 ms took %v", d)
	}
	mach.Swtch()
	mach.SwtchPri(0)
	want(t, "thread_depress_abort", mach.ThreadDepressAbort(me), mach.KERN_NOT_DEPRESSED)
}

// xnu osfmk/kern/thread_act.c, thread_convert_thread_state: a copy where
// pointers are not signed.
func TestConvertThreadState(t *testing.T) {
	begin(t)
	me := thread(t)
	var in, out nativeState
	for i := range words(&in) {
		words(&in)[i] = int32(i + 1)
	}
	n := mach.CountOf[nativeState]()
	for _, d := range []int32{mach.THREAD_CONVERT_THREAD_STATE_TO_SELF, mach.THREAD_CONVERT_THREAD_STATE_FROM_SELF} {
		if runtime.GOARCH == "amd64" || !realMac() {
			count := n
			ok(t, "thread_convert_thread_state", mach.ThreadConvertThreadState(me, d, nativeFlavor, mach.State(&in), n, mach.State(&out), &count))
			equal(t, "count", count, n)
			equal(t, "state", out, in)
		}
	}
	count := n
	want(t, "thread_convert_thread_state", mach.ThreadConvertThreadState(me, 99, nativeFlavor, mach.State(&in), n, mach.State(&out), &count), mach.KERN_INVALID_ARGUMENT)
	count = n - 1
	want(t, "thread_convert_thread_state", mach.ThreadConvertThreadState(me, 1, nativeFlavor, mach.State(&in), n, mach.State(&out), &count), mach.KERN_INSUFFICIENT_BUFFER_SIZE)
}

// xnu osfmk/kern/thread.c, thread_terminate: not of a thread of libpthread.
func TestThreadTerminateDenied(t *testing.T) {
	begin(t)
	p := park(t, 0)
	want(t, "thread_terminate", mach.ThreadTerminate(p.port), mach.KERN_DENIED)
	p.release(t)
	ok(t, "mach_msg", <-p.err)
}

// xnu libsyscall/wrappers/thread_register_state.c.
func TestRegisterPointerValues(t *testing.T) {
	begin(t)
	p := park(t, 0)
	stop(t, p)
	var s nativeState
	n := mach.CountOf[nativeState]()
	ok(t, "thread_get_state", mach.ThreadGetState(p.port, nativeFlavor, mach.State(&s), &n))
	_, sp := pcAndSP(&s)
	var got uint64
	length := uint64(64)
	values := make([]uint64, 64)
	ok(t, "thread_get_register_pointer_values", mach.ThreadGetRegisterPointerValues(p.port, &got, &length, &values[0]))
	equal(t, "stack pointer", got, sp-128)
	if length == 0 || length > 64 {
		t.Fatalf("%d values", length)
	}
	for _, v := range values[:length] {
		if v < page() {
			t.Errorf("%#x cannot be a pointer", v)
		}
	}
	length = 0
	want(t, "thread_get_register_pointer_values", mach.ThreadGetRegisterPointerValues(p.port, &got, &length, &values[0]), mach.KERN_INSUFFICIENT_BUFFER_SIZE)
	want(t, "thread_get_register_pointer_values", mach.ThreadGetRegisterPointerValues(p.port, &got, nil, &values[0]), mach.KERN_INVALID_ARGUMENT)
	ok(t, "thread_resume", mach.ThreadResume(p.port))
	p.release(t)
}
