//go:build linux

package symbol_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/abi/gotool"
	"github.com/gomach/mach/internal/substrate/target"
	"github.com/gomach/mach/symbol"
	"github.com/gomach/mach/task"
)

func TestMain(m *testing.M) { target.Main(m) }

// compile builds testdata/target.c.
func compile(t *testing.T, flags ...string) string {
	t.Helper()
	gotool.CompilerForTest(t)
	path := filepath.Join(t.TempDir(), "deep")
	args := append([]string{"-O2", "-Wall", "-Werror", "-o", path, "testdata/target.c"}, flags...)
	if b, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return path
}

// walked is the stack of the target's thread, with what its frames are called.
type walked struct {
	names   []string
	files   []string
	deeper  uint64
	handler uint64
	table   *symbol.Table
}

func walk(t *testing.T, path string, o symbol.Options) walked {
	t.Helper()
	p := target.Launch(t, nil, path)
	var w walked
	if _, err := fmt.Sscanf(p.Line(), "0x%x 0x%x", &w.deeper, &w.handler); err != nil {
		t.Fatal(err)
	}
	other, err := task.ForPID(t.Context(), p.PID())
	if err != nil {
		t.Skip("no other tasks here: ", err)
	}
	t.Cleanup(func() { other.Close() })
	loaded, err := other.Images()
	if err != nil {
		t.Fatal(err)
	}
	var images []symbol.Image
	for _, m := range loaded.List {
		images = append(images, symbol.Image{Path: m.Path, Address: m.Address})
	}
	cpu, err := other.CPU()
	if err != nil {
		t.Fatal(err)
	}
	w.table = symbol.New(other, cpu, images, o)
	t.Cleanup(func() { w.table.Close() })
	var frames []symbol.Frame
	err = other.Suspended(t.Context(), func(context.Context) error {
		threads, err := other.Threads()
		if err != nil {
			return err
		}
		defer threads.Close()
		for _, th := range threads.All() {
			r, err := th.Registers()
			if err != nil {
				return err
			}
			frames = w.table.Unwind(r, 0)
			if short := w.table.Unwind(r, 3); len(short) != 3 || short[2] != frames[2] {
				t.Errorf("up to 3 frames are %v", short)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		if f.Signal {
			w.names, w.files = append(w.names, "<signal>"), append(w.files, "")
			continue
		}
		for _, l := range w.table.Lookup(f.At) {
			w.names = append(w.names, l.Function)
			w.files = append(w.files, fmt.Sprintf("%s:%d", filepath.Base(l.File), l.Line))
		}
	}
	return w
}

// deep wants the stack of the target: the handler, the signal's frame, 51 calls of
// deeper.
func (w walked) deep(t *testing.T) {
	t.Helper()
	text := strings.Join(w.names, " ")
	if n := strings.Count(text, "deeper"); n != 51 {
		t.Errorf("%d calls of deeper", n)
	}
	if !strings.Contains(text, "handler <signal> ") {
		t.Error("no handler, or no signal")
	}
	if strings.Index(text, "<signal>") > strings.Index(text, "deeper") {
		t.Error("deeper stands before the signal")
	}
	if t.Failed() {
		t.Log(text)
	}
}

// Code without frame pointers, walked by .eh_frame, through the frame of a signal.
func TestUnwind(t *testing.T) {
	w := walk(t, compile(t, "-g", "-fomit-frame-pointer"), symbol.Options{})
	w.deep(t)
	line := 0
	for i, name := range w.names {
		if name == "deeper" && w.files[i] == "target.c:24" {
			line++
		}
	}
	if line != 50 {
		t.Errorf("%d calls are in line 24: %v", line, w.files)
	}
	l := w.table.Lookup(w.deeper)
	if len(l) != 1 || l[0].Function != "deeper" || l[0].Offset != 0 || filepath.Base(l[0].File) != "target.c" || l[0].Line < 17 || l[0].Line > 18 {
		t.Errorf("%+v", l)
	}
	if l := w.table.Lookup(1); l != nil {
		t.Errorf("%+v", l)
	}
}

// Symbols without DWARF's lines; names go through the demangler.
func TestUnwindSymbols(t *testing.T) {
	walk(t, compile(t, "-fomit-frame-pointer"), symbol.Options{}).deep(t)
	w := walk(t, compile(t, "-fomit-frame-pointer"), symbol.Options{Demangle: func(s string) string { return "<" + s + ">" }})
	if l := w.table.Lookup(w.deeper + 1); len(l) != 1 || l[0].Function != "<deeper>" || l[0].Offset != 1 || l[0].Line != 0 {
		t.Errorf("%+v", l)
	}
}

// .debug_frame alone serves as well.
func TestUnwindDebugFrame(t *testing.T) {
	walk(t, compile(t, "-g", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"), symbol.Options{}).deep(t)
}

// Without call frame information there are frame pointers.
func TestUnwindFramePointers(t *testing.T) {
	walk(t, compile(t, "-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"), symbol.Options{}).deep(t)
}

// A stripped file has no names, but the same frames.
func TestUnwindStripped(t *testing.T) {
	w := walk(t, compile(t, "-fomit-frame-pointer", "-s"), symbol.Options{})
	n := 0
	for _, name := range w.names {
		if name == "" {
			n++
		}
	}
	if n < 52 {
		t.Errorf("%d frames without a name: %q", n, w.names)
	}
}

// A table of nothing finds nothing.
func TestZero(t *testing.T) {
	var none *symbol.Table
	if none.Lookup(1) != nil || none.Unwind(nil, 0) != nil || none.Close() != nil {
		t.Error("nothing has something")
	}
	x := symbol.New(nil, mach.CPU_TYPE_ARM64, []symbol.Image{{Path: "/no/such/file", Address: 0x1000}, {}}, symbol.Options{})
	if l := x.Lookup(0x1004); l != nil {
		t.Errorf("%+v", l)
	}
	for _, cpu := range []mach.CPUType{mach.CPU_TYPE_ARM64, mach.CPU_TYPE_X86_64} {
		r := &task.Registers{CPU: cpu}
		r.SetPC(0x1004)
		if f := x.Unwind(r, 0); len(f) != 1 || f[0].PC != 0x1004 || f[0].At != 0x1004 {
			t.Errorf("%+v", f)
		}
	}
	for range 2 {
		if err := x.Close(); err != nil || x.Lookup(0x1004) != nil {
			t.Error("a closed table: ", err)
		}
	}
}
