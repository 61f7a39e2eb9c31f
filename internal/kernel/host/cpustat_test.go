package host

import (
	"testing"

	"github.com/gomach/mach"
)

func (p paper) Interrupts(cpu int) (Interrupts, error) {
	return Interrupts{All: 1<<32 + 9, Timer: 5, Others: uint64(3 + cpu)}, p.err()
}

// xnu osfmk/arm/cpu_common.c cpu_info; osfmk/i386/cpu.c has none.
func TestCPUStat(t *testing.T) {
	arm := sample
	arm.top.CPUType = mach.CPU_TYPE_ARM64
	cpu := CPU{Number: 1}
	for flavor, words := range map[mach.ProcessorFlavor]int{
		mach.PROCESSOR_CPU_STAT:   int(mach.CountOf[mach.ProcessorCPUStat]()),
		mach.PROCESSOR_CPU_STAT64: int(mach.CountOf[mach.ProcessorCPUStat64]()),
	} {
		if _, kr := processorWords(sample, flavor, cpu, true, 99); kr != mach.KERN_FAILURE {
			t.Errorf("flavor %d on Intel: %v", flavor, kr)
		}
		if _, kr := processorWords(arm, flavor, cpu, true, uint32(words-1)); kr != mach.KERN_FAILURE {
			t.Errorf("flavor %d with little room: %v", flavor, kr)
		}
		w, kr := processorWords(arm, flavor, cpu, true, 99)
		if kr != mach.KERN_SUCCESS || len(w) != words {
			t.Fatalf("flavor %d: %v, %d words", flavor, kr, len(w))
		}
		if flavor == mach.PROCESSOR_CPU_STAT && (w[0] != 9 || w[1] != 4 || w[2] != 5) {
			t.Errorf("%v", w) // the 32-bit counts wrap
		}
		if flavor == mach.PROCESSOR_CPU_STAT64 && (w[0] != 9 || w[1] != 1 || w[2] != 4 || w[4] != 5) {
			t.Errorf("%v", w)
		}
	}
}
