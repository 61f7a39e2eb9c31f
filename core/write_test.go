//go:build linux

package core_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/core"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// What the core says is what the process had.
func TestCreate(t *testing.T) {
	porttest.LeakCheck(t)
	k := start(t)
	var done, total uint64
	f, r, path := k.dump(t, core.Options{Progress: func(d, n uint64) {
		if d < done || d > n {
			t.Errorf("%d of %d after %d", d, n, done)
		}
		done, total = d, n
	}})
	if done != total || total != r.Saved {
		t.Errorf("the progress ends at %d of %d, and %d were saved", done, total, r.Saved)
	}
	threads := f.Threads()
	if len(threads) != 2 || r.Threads != 2 {
		t.Fatalf("%d threads, and the report has %d", len(threads), r.Threads)
	}
	checkKnown(t, threads[1])
	if p := f.Process(); p.PID != k.PID() {
		t.Errorf("process %+v, want PID %d", p, k.PID())
	}
	if threads[0].Info.ID != uint64(k.PID()) {
		t.Errorf("the first thread is %d", threads[0].Info.ID)
	}
	b := make([]byte, 1<<16)
	if n, err := f.ReadMemory(b, k.pattern); n != len(b) || err != nil {
		t.Fatal(n, err)
	}
	for i, v := range b {
		if v != pattern(i) {
			t.Fatalf("byte %d is %d", i, v)
		}
	}
	if n, err := f.ReadMemory(b[:1], k.big+1<<24); n != 1 || err != nil || b[0] != 42 {
		t.Error(n, err, b[0])
	}
	if n, err := f.ReadMemory(b, k.not); n != 0 || !errors.Is(err, core.ErrNotSaved) {
		t.Error(n, err)
	}
	sameRegions(t, f, k.task)
	if s := size(t, path); uint64(s) != r.Size || s < 1<<25 {
		t.Errorf("the file has %d bytes, the report %d", s, r.Size)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil || st.Blocks*512 > 24<<20 {
		t.Errorf("the file takes %d bytes of disk, %v", st.Blocks*512, err)
	}
}

// checkKnown wants the values of testdata/target.c.
func checkKnown(t *testing.T, x core.Thread) {
	t.Helper()
	if x.Registers == nil {
		t.Fatal("no registers")
	}
	if x.Registers.CPU == mach.CPU_TYPE_ARM64 {
		for i, v := range x.Registers.ARM.X {
			if v != 0xabcd000000001100+uint64(i) {
				t.Errorf("x%d = %#x", i, v)
			}
		}
		if x.ARMNeon == nil || x.ARMNeon.V[31][1] != 0x1f1f1f1f1f1f1f1f {
			t.Errorf("vector registers %+v", x.ARMNeon)
		}
		return
	}
	if s := x.Registers.X86; s.Rax != 0xabcd000000001100 || s.Rbp != 0xabcd000000001106 || s.R15 != 0xabcd00000000110f {
		t.Errorf("registers %+v", s)
	}
	if x.X86Float == nil || x.X86Float.FPUXmm15.XmmReg != [16]byte(bytes.Repeat([]byte{15}, 16)) {
		t.Errorf("vector registers %+v", x.X86Float)
	}
}

// sameRegions compares with the task, which maps nothing meanwhile.
func sameRegions(t *testing.T, f *core.File, other *task.Task) {
	t.Helper()
	var have []core.Region
	for r := range f.Regions() {
		have = append(have, r)
	}
	i, files := 0, 0
	for r, err := range other.Regions() {
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(have) {
			t.Fatalf("%v is not there", r)
		}
		h := have[i]
		if h.Address != r.Address || h.Size != r.Size || h.Protection != r.Protection || h.MaxProtection != r.MaxProtection || h.Tag != r.Tag || h.ShareMode != r.ShareMode {
			t.Errorf("%v, want %v", h.Region, r)
		}
		if h.Path != "" {
			files++
		}
		i++
	}
	if i != len(have) || files == 0 {
		t.Errorf("%d regions, want %d; %d with files", len(have), i, files)
	}
}

// A stream has the same contents without holes, and Modified leaves out what files
// have.
func TestWrite(t *testing.T) {
	k := start(t)
	var b bytes.Buffer
	r, err := core.Write(t.Context(), &b, k.task, core.Options{Modified: true, Buffer: 1})
	if err != nil || uint64(b.Len()) != r.Size {
		t.Fatal(b.Len(), r, err)
	}
	f, err := core.NewFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	checkKnown(t, f.Threads()[1])
	code := 0
	for x := range f.Regions() {
		if x.Path != "" && x.Protection&mach.VM_PROT_EXECUTE != 0 {
			code++
			if x.Saved {
				t.Errorf("%v of %s was saved", x.Region, x.Path)
			}
		}
	}
	if code == 0 {
		t.Error("no region with code")
	}
}

// A context that ends, and a writer that fails, end the write; the target runs on,
// and no file is left.
func TestWriteEnds(t *testing.T) {
	porttest.LeakCheck(t)
	k := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	path := filepath.Join(dir, "core")
	_, err := core.Create(ctx, path, k.task, core.Options{Buffer: 2 << 20, Progress: func(uint64, uint64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := core.Write(t.Context(), failing{broken}, k.task, core.Options{}); !errors.Is(err, broken) {
		t.Error(err)
	}
	refused := errors.New("not now")
	if _, err := core.Create(t.Context(), path, k.task, core.Options{Ready: func(context.Context) error { return refused }}); !errors.Is(err, refused) {
		t.Error(err)
	}
	if _, err := core.Create(t.Context(), filepath.Join(dir, "no", "core"), k.task, core.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
		t.Errorf("%v is left, %v", list, err)
	}
	stat, err := os.ReadFile("/proc/" + k.pid() + "/stat")
	if err != nil || strings.Contains(string(stat), ") T ") || strings.Contains(string(stat), ") t ") {
		t.Errorf("the target does not run: %s, %v", stat, err)
	}
}

// The own program would stop itself.
func TestWriteSelf(t *testing.T) {
	if _, err := core.Write(t.Context(), new(bytes.Buffer), task.Self(), core.Options{}); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Error(err)
	}
	if _, err := core.Write(t.Context(), nil, task.Self(), core.Options{}); err == nil {
		t.Error("there is no writer")
	}
	if _, err := core.Write(t.Context(), new(bytes.Buffer), nil, core.Options{}); !errors.Is(err, core.ErrClosed) && !errors.Is(err, task.ErrClosed) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
