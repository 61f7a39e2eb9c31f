package task

import (
	"reflect"

	"github.com/gomach/mach"
)

// InfoType is a struct that task_info fills in. Each has one flavor.
type InfoType interface {
	mach.MachTaskBasicInfo | mach.TaskBasicInfo64 | mach.TaskBasicInfo32 | mach.TaskEventsInfo |
		mach.TaskThreadTimesInfo | mach.TaskAbsolutetimeInfo | mach.TaskKernelmemoryInfo |
		mach.SecurityToken | mach.AuditToken | mach.TaskAffinityTagInfo | mach.TaskDyldInfo |
		mach.TaskExtmodInfo | mach.TaskPowerInfo | mach.TaskPowerInfoV2 | mach.TaskVMInfo |
		mach.TaskTraceMemoryInfo | mach.TaskWaitStateInfo | mach.TaskFlagsInfo
}

func flavorOf(info any) mach.TaskFlavor {
	switch info.(type) {
	case *mach.MachTaskBasicInfo:
		return mach.MACH_TASK_BASIC_INFO
	case *mach.TaskBasicInfo64:
		return mach.TASK_BASIC_INFO_64
	case *mach.TaskBasicInfo32:
		return mach.TASK_BASIC_INFO_32
	case *mach.TaskEventsInfo:
		return mach.TASK_EVENTS_INFO
	case *mach.TaskThreadTimesInfo:
		return mach.TASK_THREAD_TIMES_INFO
	case *mach.TaskAbsolutetimeInfo:
		return mach.TASK_ABSOLUTETIME_INFO
	case *mach.TaskKernelmemoryInfo:
		return mach.TASK_KERNELMEMORY_INFO
	case *mach.SecurityToken:
		return mach.TASK_SECURITY_TOKEN
	case *mach.AuditToken:
		return mach.TASK_AUDIT_TOKEN
	case *mach.TaskAffinityTagInfo:
		return mach.TASK_AFFINITY_TAG_INFO
	case *mach.TaskDyldInfo:
		return mach.TASK_DYLD_INFO
	case *mach.TaskExtmodInfo:
		return mach.TASK_EXTMOD_INFO
	case *mach.TaskPowerInfo:
		return mach.TASK_POWER_INFO
	case *mach.TaskPowerInfoV2:
		return mach.TASK_POWER_INFO_V2
	case *mach.TaskVMInfo:
		return mach.TASK_VM_INFO
	case *mach.TaskTraceMemoryInfo:
		return mach.TASK_TRACE_MEMORY_INFO
	case *mach.TaskWaitStateInfo:
		return mach.TASK_WAIT_STATE_INFO
	case *mach.TaskFlagsInfo:
		return mach.TASK_FLAGS_INFO
	}
	return 0 // no such flavor: the call refuses it
}

// InfoResult is a struct of figures as far as the system filled it in: the
// structs grow with the systems, and one that is older than these headers fills
// in the first fields only.
type InfoResult[T any] struct {
	Value T
	Words mach.MachMsgTypeNumber // how much came back, in 32-bit words
}

// Has reports whether the system filled in a field, which is chosen by a
// function that takes its address:
//
//	vm, err := task.Info[mach.TaskVMInfo](t)
//	if err == nil && vm.Has(func(v *mach.TaskVMInfo) any { return &v.LedgerSwapins }) { ... }
//
// It is false for a choice of anything else, and without one.
func (a InfoResult[T]) Has(field func(*T) any) bool {
	if field == nil {
		return false
	}
	f := reflect.ValueOf(field(&a.Value))
	if f.Kind() != reflect.Pointer || f.IsNil() {
		return false
	}
	start, at := reflect.ValueOf(&a.Value).Pointer(), f.Pointer()
	end := at - start + f.Type().Elem().Size() // wraps for what lies before
	return at >= start && end <= reflect.TypeFor[T]().Size() && end <= uintptr(a.Words)*4
}

// Whole reports whether the system filled in all fields.
func (a InfoResult[T]) Whole() bool { return a.Words >= mach.CountOf[T]() }

// Info asks for figures of a task: the flavor goes with the type. The whole of
// today's struct is offered, and the answer knows how much of it an older system
// filled in; see [InfoResult.Has].
//
// Any port of the task will do, also the name port, which [NameForPID] gets
// without a privilege for processes of the own user: all flavors but one ask for no
// more. The one is mach.TaskDyldInfo, which takes the read port
// (task_info_from_user in XNU's osfmk/kern/task.c). It does not block if
// the kernel serves the port. It fails with [mach.KERN_INVALID_ARGUMENT] when the task has
// ended or the system does not know the flavor.
//
// Mach calls: task_info.
func Info[T InfoType](t *Task) (InfoResult[T], error) {
	// The flavors of the figures of memory differ in what they cost, too:
	// TASK_VM_INFO leaves the purgeable fields out.
	a := InfoResult[T]{Words: mach.CountOf[T]()}
	name, err := t.use()
	if err != nil {
		return InfoResult[T]{}, err
	}
	defer t.done()
	if err := mach.TaskInfo(name, flavorOf(&a.Value), mach.Info(&a.Value), &a.Words); err != nil {
		return InfoResult[T]{}, failed("task_info", err)
	}
	a.Words = min(a.Words, mach.CountOf[T]())
	return a, nil
}
