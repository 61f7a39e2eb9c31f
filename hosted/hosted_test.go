package hosted_test

import (
	"os"
	"testing"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

func TestVariables(t *testing.T) {
	if mach.MachTaskSelf() == mach.MACH_PORT_NULL {
		t.Fatal("mach_task_self_ is null")
	}
	if got := mach.VMPageSize(); got != mach.VMSize(os.Getpagesize()) {
		t.Fatalf("vm_page_size = %d", got)
	}
}
