package task_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Own memory is read like that of any task.
func ExampleTask_ReadMemory() {
	x, err := task.Self().Allocate(4096, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()
	copy(x.Bytes(), "hello")
	b := make([]byte, 5)
	n, err := task.Self().ReadMemory(b, x.Address())
	fmt.Println(n, string(b), err)
	_, err = task.Self().ReadMemory(b, 0)
	fmt.Println(errors.Is(err, mach.KERN_INVALID_ADDRESS))
	// Output:
	// 5 hello <nil>
	// true
}

// A process that does not exist is not told from one that may not be opened.
func ExampleForPID() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	t, err := task.ForPID(ctx, 99999999)
	var refused *task.OpenError
	if errors.As(err, &refused) {
		fmt.Println("refused:", errors.Is(err, mach.KERN_FAILURE))
		return
	}
	defer t.Close()
	// Output: refused: true
}

// The answer says what the system filled in.
func ExampleInfo() {
	a, err := task.Info[mach.TaskVMInfo](task.Self())
	if err != nil {
		log.Fatal(err)
	}
	if a.Has(func(v *mach.TaskVMInfo) any { return &v.PhysFootprint }) {
		fmt.Println("footprint known:", a.Value.PhysFootprint.Uint64() > 0)
	}
	// Output: footprint known: true
}

// Two mappings of the same memory.
func ExampleNewSharedMemory() {
	m, err := task.NewSharedMemory(1 << 14)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	writer, err := m.Map(task.Self(), 0, m.Size(), mach.VM_PROT_READ|mach.VM_PROT_WRITE)
	if err != nil {
		log.Fatal(err)
	}
	defer writer.Close()
	reader, err := m.Map(task.Self(), 0, m.Size(), mach.VM_PROT_READ)
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Close()
	copy(writer.Bytes(), "shared")
	fmt.Printf("%s\n", reader.Bytes()[:6])
	// Output: shared
}

// Regions that are code.
func ExampleTask_Regions() {
	code := 0
	for r, err := range task.Self().Regions() {
		if err != nil {
			log.Fatal(err)
		}
		if r.Protection&mach.VM_PROT_EXECUTE != 0 {
			code++
		}
	}
	fmt.Println("has code:", code > 0)
	// Output: has code: true
}

// Registers by name, of either family.
func ExampleRegisters_Set() {
	r := task.Registers{CPU: mach.CPU_TYPE_ARM64}
	r.Set("x0", 42)
	v, ok := r.Get("x0")
	fmt.Println(v, ok, r.ARM.X[0])
	// Output: 42 true 42
}
