package host

import "github.com/gomach/mach"

// Processor is a processor as the kernel sees it: a hardware thread.
type Processor struct {
	Number  int
	CPU     mach.CPUType
	Subtype mach.CPUSubtype
	Running bool
	Master  bool // the one that the system was started on
}

// Processors lists the processors, without a right to any of them.
//
// Mach calls: host_processor_info with PROCESSOR_BASIC_INFO, mach_vm_deallocate.
func Processors() ([]Processor, error) {
	var cpus mach.Natural
	var info *mach.Integer
	var n mach.MachMsgTypeNumber
	err := mach.HostProcessorInfo(Port(), mach.PROCESSOR_BASIC_INFO, &cpus, &info, &n)
	if err != nil {
		return nil, failed("host_processor_info", err)
	}
	// cpu_type, cpu_subtype, running, slot_num, is_master
	const each = 5
	words := mach.Slice(info, n)
	list := make([]Processor, 0, len(words)/each)
	for i := 0; i < int(cpus) && len(words) >= each; i++ {
		list = append(list, Processor{
			CPU: mach.CPUType(words[0]), Subtype: mach.CPUSubtype(words[1]), Running: words[2] != 0,
			Number: int(words[3]), Master: words[4] != 0,
		})
		words = words[each:]
	}
	return list, free(info, n)
}
