package task_test

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"os/exec"
	"testing"

	"github.com/gomach/mach/task"
)

// A program that the system's linker has made has a build ID, which is that of
// its file.
func TestBuildIDOfProgram(t *testing.T) {
	begin(t)
	cmd := exec.Command("sleep", "60")
	file, err := elf.Open(cmd.Path)
	if err != nil {
		t.Skip(err)
	}
	defer file.Close()
	s := file.Section(".note.gnu.build-id")
	if s == nil {
		t.Skip("no build ID in ", cmd.Path)
	}
	want, err := s.Data()
	must(t, err)
	must(t, cmd.Start())
	defer cmd.Wait()
	defer cmd.Process.Kill()
	x, err := task.ForPID(t.Context(), cmd.Process.Pid)
	var refused *task.OpenError
	if errors.As(err, &refused) {
		t.Skip(err)
	}
	must(t, err)
	defer x.Close()
	must(t, x.Suspended(t.Context(), func(context.Context) error {
		i, err := x.Images()
		if err != nil {
			return err
		}
		got, err := x.BuildID(i.List[0])
		if err != nil || len(want) <= 16 || !bytes.Equal(got, want[16:]) {
			t.Errorf("build ID of %v is %x, %v, the file's note is %x", i.List[0], got, err, want)
		}
		if dynamic := file.Section(".interp") != nil; dynamic != (len(i.List) > 1) {
			t.Errorf("its images are %v", i.List)
		}
		return nil
	}))
}
