package conformance_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/libsystem"
)

// right is what a name stood for.
type right struct {
	kind mach.MachPortType_t
	send mach.MachPortUrefs // references of a send right or dead name
}

// rights lists the task's names. Thread ports and reply ports are left out: the C
// library puts them into the space for threads that the Go runtime starts.
func rights(t testing.TB) map[mach.MachPort]right {
	t.Helper()
	var names *mach.MachPortName
	var types *mach.MachPortType_t
	var n, m mach.MachMsgTypeNumber
	ok(t, "mach_port_names", mach.MachPortNames(self(), &names, &n, &types, &m))
	equal(t, "typesCnt", m, n)
	kinds := take(t, types, m)
	out := map[mach.MachPort]right{}
	for i, name := range take(t, names, n) {
		if _, reply := replyPorts.Load(name); reply || isThread(name) {
			continue
		}
		r := right{kind: kinds[i] & mach.MACH_PORT_TYPE_ALL_RIGHTS}
		switch {
		case r.kind&mach.MACH_PORT_TYPE_SEND != 0:
			mach.MachPortGetRefs(self(), name, mach.MACH_PORT_RIGHT_SEND, &r.send)
		case r.kind&mach.MACH_PORT_TYPE_DEAD_NAME != 0:
			mach.MachPortGetRefs(self(), name, mach.MACH_PORT_RIGHT_DEAD_NAME, &r.send)
		}
		out[name] = r
	}
	return out
}

func isThread(name mach.MachPort) bool {
	var kind mach.IPCInfoObjectType
	var addr uint64
	return mach.MachPortKobject(self(), name, &kind, &addr) == nil && kind == mach.IPC_OTYPE_THREAD_CONTROL
}

// memory is the number of mapped bytes that this suite or a call of it
// allocated, by tag.
func memory() (bytes uint64) {
	var addr, size uint64
	for {
		depth := mach.Natural(1)
		var info mach.VMRegionSubmapInfo64
		n := mach.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64
		if mach.MachVMRegionRecurse(self(), &addr, &size, &depth, mach.Info(&info), &n) != nil {
			return bytes
		}
		if info.UserTag == tag || mach.VMMemory(info.UserTag) == mach.VM_MEMORY_MACH_MSG {
			bytes += size
		}
		addr += size
	}
}

// begin checks that the test leaves the rights and the tagged memory of the
// task as it found them. Call it first: cleanups run backwards.
func begin(t testing.TB) {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	ownReplyPort()        // it is made at first use
	libsystem.LearnHost() // the first call on the host keeps a reference
	before, bytes := rights(t), memory()
	t.Cleanup(func() {
		// The rights of a thread that has just ended go in their own time.
		var diff []string
		for try := 0; try < 50; try++ {
			if diff = differences(before, rights(t)); len(diff) == 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		for _, d := range diff {
			t.Error(d)
		}
		if now := memory(); now != bytes {
			t.Errorf("%d bytes of the test's memory are mapped after it, %d before", now, bytes)
		}
	})
}

func differences(before, after map[mach.MachPort]right) (out []string) {
	for name, a := range after {
		b, known := before[name]
		if !known {
			out = append(out, fmt.Sprintf("name %#x of type %#x with %d references is left over", uint32(name), uint32(a.kind), a.send))
		} else if a != b {
			out = append(out, fmt.Sprintf("name %#x was %#x with %d references and is %#x with %d",
				uint32(name), uint32(b.kind), b.send, uint32(a.kind), a.send))
		}
	}
	for name, b := range before {
		if _, there := after[name]; !there {
			out = append(out, fmt.Sprintf("name %#x of type %#x is gone", uint32(name), uint32(b.kind)))
		}
	}
	return out
}
