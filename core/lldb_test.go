//go:build linux

package core_test

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/core"
	"github.com/gomach/mach/task"
)

// lldb runs commands of LLDB on a core and gives what it prints.
func lldb(t *testing.T, path string, commands ...string) string {
	t.Helper()
	program, err := exec.LookPath("lldb")
	if err != nil {
		t.Skip("lldb is not installed")
	}
	args := []string{"--batch", "--no-lldbinit", "-o", "target create --core " + path}
	for _, c := range commands {
		args = append(args, "-o", c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("lldb: %v\n%s", err, out)
	}
	return string(out)
}

// LLDB shows what the process had: threads, general registers and memory. (It does
// not read the vector registers of x86-64 out of a Mach-O core: RegisterContextDarwin_x86_64_Mach
// in its ObjectFileMachO.cpp stops behind the general ones.)
func TestLLDB(t *testing.T) {
	k := start(t)
	f, _, path := k.dump(t, core.Options{})
	out := lldb(t, path, "thread list", "thread select 1", "register read", "thread select 2", "register read",
		fmt.Sprintf("memory read --format x --size 1 --count 256 %#x", k.pattern), "image list")
	list := f.Threads()
	for i := range list {
		if !strings.Contains(out, fmt.Sprintf("thread #%d", i+1)) {
			t.Errorf("thread %d is not there", i+1)
		}
	}
	shown := strings.Split(out, "General Purpose Registers:")[1:]
	if len(shown) != len(list) {
		t.Fatalf("the registers of %d threads, want %d\n%s", len(shown), len(list), out)
	}
	for i, x := range list {
		sameRegisters(t, x.Registers, shown[i])
	}
	want := make([]string, 256)
	for i := range want {
		want[i] = fmt.Sprintf("0x%02x", pattern(i))
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^0x[0-9a-f]+:((?: 0x[0-9a-f]{2})+)`).FindAllStringSubmatch(out, -1) {
		got = append(got, strings.Fields(m[1])...)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("memory is %v", got)
	}
	for _, m := range f.Images() {
		if !strings.Contains(out, fmt.Sprintf("%s (%#016x)", m.Path, m.Address)) && !strings.Contains(out, fmt.Sprintf("%s (0x%016x)", m.Path, m.Address)) {
			t.Errorf("image %s at %#x is not there\n%s", m.Path, m.Address, out)
		}
	}
}

// sameRegisters compares with the lines "rax = 0x..." of "register read".
func sameRegisters(t *testing.T, r *task.Registers, text string) {
	t.Helper()
	n := 0
	for name, v := range r.All() {
		m := regexp.MustCompile(`(?m)^ +` + name + ` = 0x([0-9a-f]+)`).FindStringSubmatch(text)
		if m == nil {
			continue // flags: lldb has no such register
		}
		n++
		if got, err := strconv.ParseUint(m[1], 16, 64); err != nil || got != v {
			t.Errorf("%s is %s, want %#x", name, m[1], v)
		}
	}
	least := 20
	if r.CPU == mach.CPU_TYPE_ARM64 {
		least = 32
	}
	if n < least {
		t.Errorf("%d registers were compared\n%s", n, text)
	}
}
