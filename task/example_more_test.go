package task_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Memory of the program's own, owned by a value.
func ExampleTask_Allocate() {
	a, err := task.Self().Allocate(100, mach.VM_MEMORY_APPLICATION_SPECIFIC_1)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	copy(a.Bytes(), "a string of C\x00")
	s, err := task.Self().CString(a.Address(), 64)
	fmt.Println(a.Size(), s, err)
	// Output: 100 a string of C <nil>
}

// Memory that may not be written is patched, and may not be written afterwards.
func ExampleTask_Patch() {
	a, err := task.Self().Allocate(16, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	copy(a.Bytes(), "the old code")
	if err := a.Protect(mach.VM_PROT_READ | mach.VM_PROT_EXECUTE); err != nil {
		log.Fatal(err)
	}
	if err := task.Self().Patch(a.Address()+4, []byte("new")); err != nil {
		log.Fatal(err)
	}
	r, err := task.Self().RegionAt(a.Address())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(a.Bytes()[:12]), task.Protection(r.Protection))
	// Output: the new code r-x
}

// A snapshot keeps what was there, without copying it.
func ExampleTask_ReadMapped() {
	a, err := task.Self().Allocate(64, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	copy(a.Bytes(), "before")
	s, err := task.Self().ReadMapped(a.Address(), 6)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	copy(a.Bytes(), "after!")
	fmt.Println(string(s.Bytes()), string(a.Bytes()[:6]))
	// Output: before after!
}

// A thread that has to be on time.
func ExampleThread_SetTimeConstraint() {
	err := task.OnThread(func(th *task.Thread) error {
		if err := th.SetTimeConstraint(task.TimeConstraint{
			Period: 10 * time.Millisecond, Computation: 2 * time.Millisecond, Constraint: 4 * time.Millisecond,
		}); err != nil {
			return err
		}
		defer th.SetTimeshare()
		_, isDefault, err := th.TimeConstraint()
		fmt.Println("an ordinary thread:", isDefault)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: an ordinary thread: false
}

// recorded is memory from address 0 on that was kept.
type recorded []byte

func (m recorded) ReadMemory(p []byte, addr uint64) (int, error) {
	if addr >= uint64(len(m)) {
		return 0, io.EOF
	}
	if n := copy(p, m[addr:]); n < len(p) {
		return n, io.EOF
	}
	return len(p), nil
}

// A stack is a chain of frames: each has the caller's frame, and where the
// function returns to.
func ExampleRegisters_Stack() {
	memory := make([]byte, 0x2000)
	put := func(at int, next, pc uint64) {
		binary.LittleEndian.PutUint64(memory[at:], next)
		binary.LittleEndian.PutUint64(memory[at+8:], pc)
	}
	put(0x1100, 0x1200, 0x4002)
	put(0x1200, 0, 0x4003)
	r := task.Registers{CPU: mach.CPU_TYPE_X86_64}
	r.Set("rip", 0x4001)
	r.Set("rbp", 0x1100)
	for _, f := range r.Stack(recorded(memory), 10) {
		fmt.Printf("%#x\n", f.PC)
	}
	// Output:
	// 0x4001
	// 0x4002
	// 0x4003
}

// The files behind a task's memory.
func ExampleTask_Files() {
	files, err := task.Self().Files()
	if err != nil {
		log.Fatal(err)
	}
	code, err := task.Self().RegionAt(reflectCode())
	if err != nil {
		log.Fatal(err)
	}
	path, _, ok := files.Of(code)
	fmt.Println(ok, path != "")
	// Output: true true
}

// The kernel may take memory that is volatile.
func ExampleAllocation_SetVolatile() {
	cache, err := task.Self().AllocatePurgeable(1<<16, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	copy(cache.Bytes(), "what can be computed again")
	if err := cache.SetVolatile(); err != nil {
		log.Fatal(err)
	}
	state, err := cache.Purged()
	fmt.Println(state, err)
	_, err = cache.SetNonvolatile()
	fmt.Println(err)
	// Output:
	// volatile <nil>
	// <nil>
}

// Names of regions' attributes, as vmmap writes them.
func ExampleRegion_String() {
	r := task.Region{
		Address: 0x100000000, Size: 0x4000, Protection: mach.VM_PROT_READ | mach.VM_PROT_EXECUTE, MaxProtection: mach.VM_PROT_ALL,
		ShareMode: mach.SM_COW, Tag: mach.VM_MEMORY_DYLD, External: true,
	}
	fmt.Println(&r)
	fmt.Println(r.Backing(), r.Contains(0x100003fff), r.Contains(r.End()))
	// Output:
	// 0000000100000000-0000000100004000 r-x/rwx SM=COW dyld
	// file true false
}

// A file system that does not answer holds up whoever reads memory that is mapped
// from it. With a context, the caller goes on.
func ExampleTask_WithContext() {
	a, err := task.Self().Allocate(64, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	copy(a.Bytes(), "here in time\x00")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := task.Self().WithContext(ctx).CString(a.Address(), 64)
	fmt.Println(s, err)
	// Output: here in time <nil>
}

// Why a process is refused, and what helps, where the system tells.
func ExampleExplainOpen() {
	err := task.ExplainOpen("task_for_pid", 1<<30, mach.KERN_FAILURE)
	var why *task.Refusal
	if errors.As(err, &why) {
		log.Printf("process %d: %s\n%s", err.PID, why.Reason, why.Advice)
	}
}
