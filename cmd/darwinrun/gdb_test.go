//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/macho"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestGDB has the real debugger look at a guest: a breakpoint, steps, registers, memory, all
// threads, a fault that is handed on, the end.
func TestGDB(t *testing.T) {
	gdb, err := exec.LookPath("gdb-multiarch")
	if err != nil {
		t.Skip("needs gdb-multiarch (scripts/setup.sh installs it)")
	}
	eachArch(t, func(t *testing.T, arch string) {
		exe := guest(t, arch, "debuggee")
		work, entry := symbol(t, exe, "main.work"), symbol(t, exe, "_rt0_"+arch+"_darwin")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		run := exec.CommandContext(ctx, self, "-gdb", ":0", exe)
		run.Env = append(os.Environ(), "DARWINRUN_BE_RUNNER=1")
		var out bytes.Buffer
		run.Stdout = &out
		errs, err := run.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(errs).ReadString('\n')
		_, address, found := strings.Cut(strings.TrimSpace(line), "debugger at ")
		if err != nil || !found {
			t.Fatalf("%q, %v", line, err)
		}
		address, _, _ = strings.Cut(address, ";")
		if !strings.HasPrefix(address, "127.0.0.1:") {
			t.Errorf("it waits at %s", address)
		}
		script := filepath.Join(t.TempDir(), "commands")
		// The program counter at the start tells how far the program was slid.
		commands := fmt.Sprintf(`set pagination off
set confirm off
target remote %s
set $slide = $pc - %#x
break *(%#x + $slide)
continue
printf "at work: %%d\n", $pc == %#x + $slide
stepi
printf "one step: %%d\n", $pc > %#x + $slide && $pc <= %#x + $slide + 4
continue
printf "again: %%d\n", $pc == %#x + $slide
delete
continue
info threads
signal SIGSEGV
`, address, entry, work, work, work, work, work)
		if err := os.WriteFile(script, []byte(commands), 0o600); err != nil {
			t.Fatal(err)
		}
		session, err := exec.CommandContext(ctx, gdb, "-nx", "-batch", "-x", script).CombinedOutput()
		if err != nil {
			t.Errorf("gdb: %v", err)
		}
		if err := run.Wait(); err != nil {
			t.Errorf("the runner: %v", err)
		}
		for _, want := range []string{"at work: 1", "one step: 1", "again: 1", `received signal SIGSEGV`, `\* 1 +Thread 1`, `  2 +Thread 2`, "exited normally"} {
			if !regexp.MustCompile(want).Match(session) {
				t.Errorf("gdb did not say %q", want)
			}
		}
		compare(t, out.String(), "sum 35\nruntime error: invalid memory address or nil pointer dereference\n")
		if t.Failed() {
			t.Logf("%s", session)
		}
	})
}

// symbol is the address of a symbol in the file.
func symbol(t *testing.T, exe, name string) uint64 {
	f, err := macho.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, s := range f.Symtab.Syms {
		if s.Name == name || s.Name == "_"+name { // debug/macho takes the underscore from names of Go only
			return s.Value
		}
	}
	t.Fatalf("%s has no symbol %s", exe, name)
	return 0
}
