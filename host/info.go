package host

import (
	"bytes"

	"github.com/gomach/mach"
)

// BasicInfo is what does not change while the system runs, or seldom.
type BasicInfo struct {
	MaxCPUs        int // that the kernel could use
	AvailableCPUs  int // that it uses now
	PhysicalCPUs   int // cores in this power mode
	PhysicalMax    int // cores
	LogicalCPUs    int // hardware threads in this power mode
	LogicalMax     int // hardware threads
	Memory         uint64
	CPU            mach.CPUType
	CPUSubtype     mach.CPUSubtype
	CPUThreadtype  mach.CPUThreadtype
	PageSize       uint64 // of this program: what its memory is mapped in
	KernelPageSize uint64 // of the kernel: what it counts the host's memory in
}

// Info reads the basic figures. It does not block if the kernel serves the host port.
//
// Mach calls: host_info with HOST_BASIC_INFO.
func Info() (BasicInfo, error) {
	var i mach.HostBasicInfo
	n := mach.HOST_BASIC_INFO_COUNT
	if err := mach.HostInfo(Port(), mach.HOST_BASIC_INFO, mach.Info(&i), &n); err != nil {
		return BasicInfo{}, failed("host_info", err)
	}
	b := BasicInfo{
		MaxCPUs: int(i.MaxCpus), AvailableCPUs: int(i.AvailCpus),
		PhysicalCPUs: int(i.PhysicalCPU), PhysicalMax: int(i.PhysicalCPUMax),
		LogicalCPUs: int(i.LogicalCPU), LogicalMax: int(i.LogicalCPUMax),
		// memory_size has 32 bits, and stays at 2 GiB.
		Memory: i.MaxMem, CPU: i.CPUType, CPUSubtype: i.CPUSubtype, CPUThreadtype: i.CPUThreadtype,
		PageSize: uint64(mach.VMPageSize()), KernelPageSize: uint64(mach.VMKernelPageSize()),
	}
	return b, nil
}

// KernelVersion is the kernel's line about itself: "Darwin Kernel Version
// 23.5.0: ...".
//
// Mach calls: host_kernel_version.
func KernelVersion() (string, error) {
	var v mach.KernelVersion
	if err := mach.HostKernelVersion(Port(), &v); err != nil {
		return "", failed("host_kernel_version", err)
	}
	s, _, _ := bytes.Cut(v[:], []byte{0})
	return string(s), nil
}
