//go:build unix

package task_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Pitfall patched-code: the protection comes back also when the writing fails, as it does
// behind the end of a file.
func TestRestoredAfterFailure(t *testing.T) {
	begin(t)
	f, err := os.Create(filepath.Join(t.TempDir(), "empty"))
	must(t, err)
	defer f.Close()
	b, err := syscall.Mmap(int(f.Fd()), 0, int(page()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("no files are mapped here: ", err)
	}
	defer syscall.Munmap(b)
	at := mach.AddressOf(&b[0])
	must(t, task.Self().Protect(at, page(), mach.VM_PROT_READ))
	if err := task.Self().Patch(at, []byte{1}); err == nil {
		t.Skip("a file is written behind its end here")
	}
	r, err := task.Self().RegionAt(at)
	must(t, err)
	if r.Protection != mach.VM_PROT_READ {
		t.Errorf("the protection is %s after a failure", task.Protection(r.Protection))
	}
}
