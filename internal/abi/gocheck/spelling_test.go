package gocheck

import "testing"

// The rule as docs and package documentation give it: CamelCase, initialisms in
// capitals, no other letters.
func TestSpells(t *testing.T) {
	for _, c := range []struct {
		goName, cName string
		want          bool
	}{
		{"MachVMAllocate", "mach_vm_allocate", true},
		{"MachVmAllocate", "mach_vm_allocate", true}, // which words are initialisms is the generator's
		{"MachVMallocate", "mach_vm_allocate", false},
		{"MachVMAllocat", "mach_vm_allocate", false},
		{"MachVMAllocateX", "mach_vm_allocate", false},
		{"MachVMDeallocate", "mach_vm_allocate", false},
		{"machVMAllocate", "mach_vm_allocate", false},
		{"TaskInfo64_2", "task_info_64_2", true},
		{"XHostPageSize", "_host_page_size", true},
		{"XHostPageSize", "host_page_size", false},
		{"X86ThreadState", "x86_thread_state", true},
		{"XmmReg", "__xmm_reg", true},
		{"HostGetUNDServer", "host_get_UNDServer", true},
		{"VM", "vm", true},
		{"VmX", "vmx", false},
	} {
		if got := spells(c.goName, c.cName); got != c.want {
			t.Errorf("%s for %s: %t", c.goName, c.cName, got)
		}
	}
	for _, c := range []struct {
		goName, cName string
		want          bool
	}{
		{"task", "task", true},
		{"targetTask", "target_task", true},
		{"vmAddress", "vm_address", true},
		{"vmaddress", "vm_address", false},
		{"Task", "task", false},
		{"len_", "len", true},
		{"oldStateCnt", "old_stateCnt", true},
		{"taskPort", "task", false},
	} {
		if got := spellsParameter(c.goName, c.cName); got != c.want {
			t.Errorf("parameter %s for %s: %t", c.goName, c.cName, got)
		}
	}
}
