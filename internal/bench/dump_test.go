//go:build linux && (amd64 || arm64)

package bench

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// dump suspends a process, reads the general registers and the id of every
// thread, and resumes it. It returns the number of threads.
func dump(task mach.MachPort) (n int, err error) {
	self := mach.MachTaskSelf()
	if err := mach.TaskSuspend(task); err != nil {
		return 0, err
	}
	defer func() {
		if e := mach.TaskResume(task); err == nil {
			err = e
		}
	}()
	var list *mach.ThreadAct
	var count mach.MachMsgTypeNumber
	if err := mach.TaskThreads(task, &list, &count); err != nil {
		return 0, err
	}
	defer mach.MachVMDeallocate(self, mach.AddressOf(list), mach.SizeOf[mach.ThreadAct](count))
	for _, thread := range mach.Slice(list, count) {
		if e := state(thread); err == nil {
			err = e
		}
		mach.MachPortDeallocate(self, thread)
	}
	return int(count), err
}

func state(thread mach.ThreadAct) error {
	var id mach.ThreadIdentifierInfo
	words := mach.CountOf[mach.ThreadIdentifierInfo]()
	if err := mach.ThreadInfo(thread, mach.THREAD_IDENTIFIER_INFO, mach.Info(&id), &words); err != nil {
		return err
	}
	if runtime.GOARCH == "arm64" {
		var s mach.ARMThreadState64
		words = mach.ARM_THREAD_STATE64_COUNT
		return mach.ThreadGetState(thread, mach.ARM_THREAD_STATE64, mach.State(&s), &words)
	}
	var s mach.X86ThreadState64
	words = mach.X86_THREAD_STATE64_COUNT
	return mach.ThreadGetState(thread, mach.X86_THREAD_STATE64, mach.State(&s), &words)
}

var buildDumper = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "dump_process_registers")
	return path, command("go", "build", "-o", path, "../../examples/dump_process_registers")
})

// BenchmarkDump: the registers of 1000 threads, by calls and by the example,
// against gdb. The stopped-µs are what the target noticed: the longest time
// in which a thread of it that sleeps for 200 µs over and over did not run.
func BenchmarkDump(b *testing.B) {
	const threads = 1000
	if _, err := exec.LookPath("gdb"); err != nil {
		b.Skip("gdb is the peer")
	}
	dumper, err := buildDumper()
	must(b, err)
	x := startTarget(b, "threads", threads)
	task, pid := x.port(), strconv.Itoa(x.pid())
	stops := map[string][]time.Duration{}
	stopping := func(name string, run func()) contestant {
		return contestant{name, func() {
			x.stood()
			run()
			stops[name] = append(stops[name], x.stood())
		}}
	}
	output := func(mark string, name string, args ...string) func() {
		return func() {
			out, err := exec.Command(name, args...).Output()
			must(b, err)
			if n := bytes.Count(out, []byte(mark)); n < threads {
				b.Fatalf("%s: %d threads", name, n)
			}
		}
	}
	contest(b,
		stopping("example", output("\nthread ", dumper, pid)),
		stopping("calls", func() {
			n, err := dump(task)
			must(b, err)
			if n < threads {
				b.Fatal(n)
			}
		}),
		stopping("gdb", output("\nThread ", "gdb", "-batch", "-p", pid, "-ex", "thread apply all info registers")))
	for name, s := range stops {
		b.ReportMetric(float64(median(s).Microseconds()), "stopped-µs/"+name)
		b.ReportMetric(float64(slices.Min(s).Microseconds()), "best-stopped-µs/"+name)
	}
}
