package task

import (
	"strconv"
	"strings"

	"github.com/gomach/mach"
)

// TagName is what memory with a tag is for, in lower case: "malloc small",
// "stack", "ioaccelerator". Tags that the headers do not name are "tag 240".
func TagName(t mach.VMMemory) string {
	if t == 0 {
		return "untagged"
	}
	s := t.String()
	name, known := strings.CutPrefix(s, "VM_MEMORY_")
	if !known {
		return "tag " + strconv.Itoa(int(t))
	}
	return strings.ToLower(strings.ReplaceAll(name, "_", " "))
}
