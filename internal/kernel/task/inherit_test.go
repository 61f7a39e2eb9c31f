package task_test

import (
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/fake"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/kernel/task"
)

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// heirs are a task and others that are to be its heirs.
func heirs(t *testing.T, n int) (list []*core.Task) {
	machine := fake.NewMachine()
	k := core.New(kernel.Table(), machine)
	for range n {
		list = append(list, k.NewTask(machine.AddTask(mach.CPU_TYPE_X86_64)))
	}
	t.Cleanup(func() {
		for _, x := range list {
			x.End()
		}
	})
	return list
}

// call makes a call about a task, by that task.
func call(t *testing.T, x *core.Task, name string, memory *fake.Memory, args ...uint64) *core.Reply {
	t.Helper()
	var a [12]uint64
	copy(a[1:], args)
	r := &core.Reply{
		In:    map[int]ipc.Right{0: ipc.NewSendRight(x.Port(core.Control))},
		Ports: map[int]ipc.Right{}, Memory: map[int][]byte{}, Arrays: map[int][]ipc.Right{},
	}
	if kr := x.Kernel.Call(&core.Ctx{Args: &a, Task: x, Mem: memory, MIG: r}, core.Number(name)); mach.KernReturn(kr) != mach.KERN_SUCCESS {
		t.Fatalf("%s: %v", name, mach.KernReturn(kr))
	}
	for _, right := range r.In {
		right.Release()
	}
	return r
}

// An heir has rights of its own to what its parent had, and keeps them: xnu
// osfmk/kern/ipc_tt.c, ipc_task_init. The access port is one of them, the debug
// control port is not.
func TestInherit(t *testing.T) {
	list := heirs(t, 2)
	parent, child := list[0], list[1]
	ports := map[mach.TaskSpecialPort]*ipc.Port{}
	gone := map[*ipc.Port]int{}
	for _, which := range []mach.TaskSpecialPort{mach.TASK_BOOTSTRAP_PORT, mach.TASK_ACCESS_PORT, mach.TASK_DEBUG_CONTROL_PORT} {
		p := ipc.NewKernelPort(mach.IPC_OTYPE_NONE, nil)
		p.OnNoSenders(func(*ipc.Port) { gone[p]++ })
		ports[which] = p
		task.SetSpecialPort(parent, which, ipc.NewSendRight(p))
	}
	task.Leave(parent).Give(child)
	task.Leave(parent).Give(child) // nothing is left over
	task.Leave(parent).Release()
	parent.End()
	for which, p := range ports {
		want := p
		if which == mach.TASK_DEBUG_CONTROL_PORT {
			want = nil
		}
		got := call(t, child, "task_get_special_port", nil, uint64(which)).Ports[2]
		if got.Port != want {
			t.Errorf("special port %d is %p, want %p", which, got.Port, want)
		}
		got.Release()
	}
	child.End()
	for which, p := range ports {
		if gone[p] != 1 {
			t.Errorf("special port %d: %d times without senders, want once", which, gone[p])
		}
	}
}

// What ipc_task_init does not copy begins anew (xnu osfmk/kern/task.c,
// task_create_internal). The guard behavior is the default of programs that are
// not Apple's (task_set_exc_guard_ctrl_port_default: TASK_EXC_GUARD_NONE), the
// role is inherited when a task replaces itself (bsd/kern/kern_exec.c,
// proc_inherit_task_role), and the tiers of service are not
// (osfmk/kern/task_policy.c, task_policy_create).
func TestNotInherited(t *testing.T) {
	list := heirs(t, 3)
	parent, child, self := list[0], list[1], list[2]
	m := fake.NewMemory()
	at, err := m.Map(core.Mapping{Size: fake.PageSize})
	noError(t, err)
	words := func(w ...uint32) {
		for i, v := range w {
			_, err := m.WriteAt([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}, at+uint64(4*i))
			noError(t, err)
		}
	}
	word := func(i int) uint32 {
		var b [4]byte
		_, err := m.ReadAt(b[:], at+uint64(4*i))
		noError(t, err)
		return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	}
	words(uint32(mach.TASK_BACKGROUND_APPLICATION))
	call(t, parent, "task_policy_set", m, uint64(mach.TASK_CATEGORY_POLICY), at, 1)
	tiers := []uint32{uint32(mach.LATENCY_QOS_TIER_3), uint32(mach.THROUGHPUT_QOS_TIER_3)}
	words(tiers...)
	call(t, parent, "task_policy_set", m, uint64(mach.TASK_BASE_QOS_POLICY), at, 2)
	call(t, parent, "task_set_exc_guard_behavior", m, uint64(mach.TASK_EXC_GUARD_MP_DELIVER))
	call(t, parent, "task_suspend", m)
	task.Leave(parent).Give(child)
	task.LeaveToExec(parent).Give(self)
	for _, h := range []struct {
		heir *core.Task
		role mach.TaskRole
	}{{child, mach.TASK_UNSPECIFIED}, {self, mach.TASK_BACKGROUND_APPLICATION}} {
		words(0, 0, 64, 0) // policy, count, default
		call(t, h.heir, "task_policy_get", m, uint64(mach.TASK_CATEGORY_POLICY), at, at+8, at+12)
		if got := mach.TaskRole(word(0)); got != h.role {
			t.Errorf("role %d, want %d", got, h.role)
		}
		words(1, 1, 64, 0)
		call(t, h.heir, "task_policy_get", m, uint64(mach.TASK_BASE_QOS_POLICY), at, at+8, at+12)
		if word(0) != 0 || word(1) != 0 {
			t.Errorf("tiers %#x, %#x", word(0), word(1))
		}
		words(1)
		call(t, h.heir, "task_get_exc_guard_behavior", m, at)
		if word(0) != 0 {
			t.Errorf("guard behavior %#x", word(0))
		}
		words(make([]uint32, 16)...)
		words(64)
		call(t, h.heir, "task_info", m, uint64(mach.MACH_TASK_BASIC_INFO), at+8, at)
		if n := word(2 + 11); n != 0 {
			t.Errorf("suspend count %d", n)
		}
	}
}
