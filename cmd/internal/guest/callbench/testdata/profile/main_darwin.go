package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/gomach/mach"
)

//go:noinline
func hotMach() {
	for range 200 {
		var a mach.MachVMAddress
		mach.MachVMAllocate(mach.MachTaskSelf(), &a, 1<<14, mach.VM_FLAGS_ANYWHERE)
		mach.MachVMDeallocate(mach.MachTaskSelf(), a, 1<<14)
	}
}

//go:noinline
func hotSyscall() {
	for range 200 {
		syscall.Getrusage(0, new(syscall.Rusage))
	}
}

func main() {
	for name, f := range map[string]func(){"mach": hotMach, "syscall": hotSyscall} {
		out, err := os.Create(filepath.Join(os.Args[1], name))
		if err != nil {
			log.Fatal(err)
		}
		if err := pprof.StartCPUProfile(out); err != nil {
			log.Fatal(err)
		}
		// As long as it takes for a second of the processor's time, whatever else runs.
		for start := used(); used()-start < time.Second; {
			f()
		}
		pprof.StopCPUProfile()
		if err := out.Close(); err != nil {
			log.Fatal(err)
		}
	}
}

func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(0, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
