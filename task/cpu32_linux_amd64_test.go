package task_test

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// program32 is an ELF file of 32 bits that waits in pause(2), as elf(5) lays it
// out: header, one program header, code.
func program32() []byte {
	le := binary.LittleEndian
	const at = 0x08048000
	b := append([]byte("\x7fELF\x01\x01\x01"), make([]byte, 9)...)
	b = le.AppendUint16(le.AppendUint16(b, 2), 3) // executable, EM_386
	for _, v := range []uint32{1, at + 84, 52, 0, 0} {
		b = le.AppendUint32(b, v) // version, entry, program headers, section headers, flags
	}
	for _, v := range []uint16{52, 32, 1, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	for _, v := range []uint32{1, 0, at, at, 93, 93, 5, 4096} {
		b = le.AppendUint32(b, v) // load, offset, addresses, sizes, r-x, alignment
	}
	return append(b, 0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7) // mov $29, %eax; int $0x80; jmp
}

// A program of 32 bits has other registers, which are not taken for those of 64.
func TestRegistersOf32Bits(t *testing.T) {
	begin(t)
	file := filepath.Join(t.TempDir(), "program32")
	must(t, os.WriteFile(file, program32(), 0o700))
	cmd := exec.Command(file)
	if err := cmd.Start(); err != nil {
		t.Skip("no programs of 32 bits here: ", err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	x, err := task.ForPID(t.Context(), cmd.Process.Pid)
	var refused *task.OpenError
	if errors.As(err, &refused) {
		t.Skip(err)
	}
	must(t, err)
	defer x.Close()
	if c, err := x.CPU(); err != nil || c != mach.CPU_TYPE_X86 {
		t.Errorf("CPU is %v, %v", c, err)
	}
	l, err := x.Threads()
	must(t, err)
	defer l.Close()
	for _, th := range l.All() {
		_, err := th.Registers()
		wantErr(t, err, errors.ErrUnsupported)
	}
}
