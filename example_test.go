//go:build darwin || (linux && (amd64 || arm64))

package mach_test

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted" // a kernel on Linux; nothing on Darwin
)

// Memory of the own task is given back by its size.
func Example() {
	self := mach.MachTaskSelf()
	var addr mach.MachVMAddress
	if err := mach.MachVMAllocate(self, &addr, 1<<20, mach.VM_FLAGS_ANYWHERE); err != nil {
		fmt.Println("no memory:", err)
		return
	}
	defer mach.MachVMDeallocate(self, addr, 1<<20)
	fmt.Println("at a page:", addr%mach.MachVMAddress(mach.VMPageSize()) == 0)
	// Output: at a page: true
}

// An error is the code that the kernel gave, and knows what it means elsewhere.
func Example_errors() {
	err := mach.MachVMDeallocate(mach.MachTaskSelf(), ^mach.MachVMAddress(0)-4096, 1<<20)
	fmt.Println(errors.Is(err, mach.KERN_INVALID_ARGUMENT))
	fmt.Println(errors.Is(mach.KERN_NO_ACCESS, fs.ErrPermission))
	// Output:
	// true
	// true
}

// A flavored struct goes with its size in words.
func ExampleTaskInfo() {
	var info mach.MachTaskBasicInfo
	count := mach.CountOf[mach.MachTaskBasicInfo]()
	err := mach.TaskInfo(mach.MachTaskSelf(), mach.MACH_TASK_BASIC_INFO, mach.Info(&info), &count)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("memory in use:", info.ResidentSize > 0)
	// Output: memory in use: true
}

// The list of threads and the right to each are the caller's.
func ExampleTaskThreads() {
	self := mach.MachTaskSelf()
	var list *mach.ThreadAct
	var count mach.MachMsgTypeNumber
	if err := mach.TaskThreads(self, &list, &count); err != nil {
		fmt.Println(err)
		return
	}
	for _, thread := range mach.Slice(list, count) {
		mach.MachPortDeallocate(self, thread)
	}
	mach.MachVMDeallocate(self, mach.AddressOf(list), mach.SizeOf[mach.ThreadAct](count))
	fmt.Println("threads:", count > 0)
	// Output: threads: true
}
