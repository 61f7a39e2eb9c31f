//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// preserved are the registers that the target's functions fill, and the
// program counter.
func preserved() (kept []string, pc string) {
	if runtime.GOARCH == "arm64" {
		return []string{"x19", "x20", "x21", "x22", "x23"}, "pc"
	}
	return []string{"rbx", "r12", "r13", "r14", "r15"}, "rip"
}

// parked finds the thread that stands in a function with the seed in its
// first preserved register, and checks the others.
func parked(t *testing.T, states []registers, seed uint64, where [2]uint64) {
	t.Helper()
	kept, pc := preserved()
	for i := range states {
		r := &states[i]
		if r.value(kept[0]) != seed {
			continue
		}
		for j, name := range kept {
			if got := r.value(name); got != seed+uint64(j) {
				t.Errorf("%s = %#x, want %#x", name, got, seed+uint64(j))
			}
		}
		if at := r.value(pc); at < where[0] || at >= where[1] {
			t.Errorf("%s = %#x, not in [%#x, %#x)", pc, at, where[0], where[1])
		}
		return
	}
	t.Errorf("no thread has %#x in %s", seed, kept[0])
}

func TestKnownValuesInKnownFunctions(t *testing.T) {
	x := startTarget(t, "park")
	states, err := capture(x.pid(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(states) != 4 {
		t.Errorf("%d threads, want 4", len(states))
	}
	parked(t, states, 0x1111222233334400, x.alpha)
	parked(t, states, 0x5555666677778800, x.beta)
	x.lives()
}

func TestPrintedDump(t *testing.T) {
	x := startTarget(t, "park")
	out, err := dumper(t, strconv.Itoa(int(x.pid()))).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kept, _ := preserved()
	for j, name := range kept {
		want := regexp.MustCompile(`(?m)\b` + name + ` +0x` + strconv.FormatUint(0x1111222233334400+uint64(j), 16) + `\b`)
		if !want.Match(out) {
			t.Errorf("the dump lacks %v", want)
		}
	}
	if got := strings.Count(string(out), "\nthread "); got != 4 {
		t.Errorf("%d threads were printed, want 4", got)
	}
	x.lives()
}

func TestAsksForThePID(t *testing.T) {
	x := startTarget(t, "park")
	cmd := dumper(t)
	cmd.Stdin = strings.NewReader(strconv.Itoa(int(x.pid())) + "\n")
	var out, prompt bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &prompt
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &prompt)
	}
	if !strings.Contains(prompt.String(), "PID: ") || !strings.Contains(out.String(), "4 threads") {
		t.Errorf("prompt %q, output %q", &prompt, &out)
	}
}

func TestSleep(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	eventually(t, "sleep sleeps", func() bool { return strings.HasPrefix(statusOf(cmd.Process.Pid, "State"), "S") })
	states, err := capture(int32(cmd.Process.Pid), nil)
	if err != nil || len(states) != 1 {
		t.Fatalf("%d threads, %v", len(states), err)
	}
	if _, pc := preserved(); states[0].value(pc) == 0 {
		t.Error("the program counter is 0")
	}
	eventually(t, "it sleeps on", func() bool { return strings.HasPrefix(statusOf(cmd.Process.Pid, "State"), "S") })
}

func TestThousandThreads(t *testing.T) {
	const n = 1000
	x := startTarget(t, "many", strconv.Itoa(n))
	begin := time.Now()
	states, err := capture(x.pid(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d threads in %v", len(states), time.Since(begin))
	if len(states) != n+2 {
		t.Errorf("%d threads, want %d", len(states), n+2)
	}
	for i := 1; i <= n; i += 37 {
		parked(t, states, uint64(i)*0x100000001, x.alpha)
	}
	x.lives()
}
