package main

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Every flavor's struct has a name for each field: no field is without one.
func TestTaskFieldsHaveNames(t *testing.T) {
	g, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	found, err := askFlavors(g, task.Self(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(taskFlavors) {
		t.Fatalf("%d flavors", len(found))
	}
	value := func(flavor, field string) string {
		for _, f := range found {
			i := slices.IndexFunc(f.Fields, func(x taskField) bool { return x.Name == field })
			if f.Flavor == flavor && i >= 0 {
				return f.Fields[i].Value.String()
			}
		}
		t.Errorf("%s has no %s", flavor, field)
		return ""
	}
	for _, f := range found {
		for _, x := range f.Fields {
			if strings.HasPrefix(x.Name, "at ") {
				t.Errorf("%s: a field %s", f.Flavor, x.Name)
			}
		}
		// Words of <mach/task_info.h>: TASK_AUDIT_TOKEN's sixth is the PID.
		if f.Flavor == "TASK_AUDIT_TOKEN" && (len(f.Fields) != 1 || f.Fields[0].List[5] != uint64(os.Getpid())) {
			t.Errorf("the audit token: %+v", f)
		}
	}
	if v := value("TASK_VM_INFO", "page_size"); v != pageSize() {
		t.Errorf("page_size %s, the system's is %s", v, pageSize())
	}
	if a, b := value("MACH_TASK_BASIC_INFO", "suspend_count"), value("TASK_BASIC_INFO_64", "suspend_count"); a != "0" || b != "0" {
		t.Errorf("suspended %s and %s times", a, b)
	}
}

// An older system fills in the first fields of task_vm_info (pitfall growing-records): the others are
// not shown.
func TestTaskFieldsOfOlderSystems(t *testing.T) {
	g, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fieldPaths(g, "task_vm_info")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		words mach.MachMsgTypeNumber
		last  string
	}{
		{mach.TASK_VM_INFO_REV0_COUNT, "compressed_lifetime"}, {mach.TASK_VM_INFO_REV1_COUNT, "phys_footprint"},
		{mach.TASK_VM_INFO_REV2_COUNT, "max_address"}, {mach.CountOf[mach.TaskVMInfo](), "ledger_tag_neural_nofootprint_peak"},
	} {
		x := taskFlavor{Words: uint32(c.words)}
		x.fields(names, reflect.ValueOf(mach.TaskVMInfo{}), 0)
		if n := len(x.Fields); n == 0 || x.Fields[n-1].Name != c.last {
			t.Errorf("%d words: the last field is %+v, want %s", c.words, x.Fields[max(n-1, 0):], c.last)
		}
	}
}

func pageSize() string { return fmt.Sprint(mach.VMPageSize()) }
