package host

import (
	"time"

	"github.com/gomach/mach"
)

// CPULoad is how much time a processor has spent, since the system was started,
// in hundredths of a second. The kernel's counters have 32 bits and start over
// after 497 days: compare two loads by [CPULoad.Since] only.
type CPULoad struct {
	User, System, Idle, Nice uint32
}

// CPULoads appends the load of each processor to dst, in the order of the
// kernel's numbers. With room in dst, it allocates nothing that Go's collector
// sees. The figures are fresh; it does not block if the kernel serves the host port.
//
// Mach calls: host_processor_info with PROCESSOR_CPU_LOAD_INFO,
// mach_vm_deallocate.
func CPULoads(dst []CPULoad) ([]CPULoad, error) {
	var cpus mach.Natural
	var info *mach.Integer
	var n mach.MachMsgTypeNumber
	err := mach.HostProcessorInfo(Port(), mach.PROCESSOR_CPU_LOAD_INFO, &cpus, &info, &n)
	if err != nil {
		return dst, failed("host_processor_info", err)
	}
	// The count is one of words, of all processors together.
	const each = mach.CPU_STATE_MAX
	words := mach.Slice(info, n)
	for i := 0; i < int(cpus) && len(words) >= each; i++ {
		dst = append(dst, loadOf(words[:each]))
		words = words[each:]
	}
	return dst, free(info, n)
}

func loadOf(words []mach.Integer) CPULoad {
	return CPULoad{
		User: uint32(words[mach.CPU_STATE_USER]), System: uint32(words[mach.CPU_STATE_SYSTEM]),
		Idle: uint32(words[mach.CPU_STATE_IDLE]), Nice: uint32(words[mach.CPU_STATE_NICE]),
	}
}

// free releases an array that a call handed over, in this task and with its size
// in bytes.
func free[T any](p *T, n mach.MachMsgTypeNumber) error {
	if p == nil || n == 0 {
		return nil
	}
	return failed("mach_vm_deallocate", mach.MachVMDeallocate(mach.MachTaskSelf(), mach.AddressOf(p), mach.SizeOf[T](n)))
}

// TotalCPULoad is the load of all processors together. See the package's remark
// on figures that may be old.
//
// Mach calls: host_statistics with HOST_CPU_LOAD_INFO.
func TotalCPULoad() (CPULoad, error) {
	var i mach.HostCPULoadInfo
	n := mach.HOST_CPU_LOAD_INFO_COUNT
	if err := mach.HostStatistics(Port(), mach.HOST_CPU_LOAD_INFO, mach.Info(&i), &n); err != nil {
		return CPULoad{}, failed("host_statistics", err)
	}
	return CPULoad{
		User: i.CPUTicks[mach.CPU_STATE_USER], System: i.CPUTicks[mach.CPU_STATE_SYSTEM],
		Idle: i.CPUTicks[mach.CPU_STATE_IDLE], Nice: i.CPUTicks[mach.CPU_STATE_NICE],
	}, nil
}

// Since is the load of the time since before, also if a counter has started
// over meanwhile.
func (l CPULoad) Since(before CPULoad) CPULoad {
	return CPULoad{l.User - before.User, l.System - before.System, l.Idle - before.Idle, l.Nice - before.Nice}
}

// Add is the load of two processors together. It starts over like the kernel's
// counters.
func (l CPULoad) Add(m CPULoad) CPULoad {
	return CPULoad{l.User + m.User, l.System + m.System, l.Idle + m.Idle, l.Nice + m.Nice}
}

// Total is the time in all states.
func (l CPULoad) Total() uint64 {
	return uint64(l.User) + uint64(l.System) + uint64(l.Idle) + uint64(l.Nice)
}

// Busy is the part of the time, from 0 to 1, that the processor was not idle: 0
// of no time at all.
func (l CPULoad) Busy() float64 {
	total := l.Total()
	if total == 0 {
		return 0
	}
	return float64(total-uint64(l.Idle)) / float64(total)
}

// CPUTime turns a counter of a CPULoad into time.
func CPUTime(count uint32) time.Duration { return time.Duration(count) * (time.Second / 100) }
