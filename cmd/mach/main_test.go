package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

func TestMain(m *testing.M) {
	if os.Getenv("MACH_TEST_TARGET") != "" {
		target()
	}
	testscript.Main(m, map[string]func(){"mach": main})
}

// target is a process to look at: it says that it is there and waits for its
// input to end.
func target() {
	switch os.Getenv("MACH_TEST_TARGET") {
	case "rights":
		names, _, err := manyRights()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(names[0], names[1], names[2], names[3])
	case "crash":
		crasher()
	default:
		fmt.Println("ready", mach.AddressOf(&needle()[0]))
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

// needle is memory of the target to be found and changed. It is put together here, so
// that the program's file does not have it.
var needle = sync.OnceValue(func() []byte {
	b := make([]byte, 4096)
	for i, r := range "eht ni si eldeen" {
		b[15-i] = byte(r)
		b[32+2*(15-i)] = byte(r)
	}
	return b
})

// Each script is a way in which people use the program.
func TestScripts(t *testing.T) {
	if testing.Short() && runtime.GOOS != "linux" {
		t.Skip("each command is a program of its own, which takes a second in a guest")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			pid, addr, err := startTarget(env)
			if err != nil {
				return err
			}
			env.Setenv("PID", fmt.Sprint(pid))
			env.Setenv("ADDRESS", fmt.Sprintf("%#x", addr))
			dead, err := deadPID()
			env.Setenv("DEAD", fmt.Sprint(dead))
			return err
		},
		Condition: func(cond string) (bool, error) {
			if cond == "mach" { // there is a kernel to ask
				return runtime.GOOS == "linux", nil
			}
			return false, fmt.Errorf("no condition %q", cond)
		},
	})
}

func startTarget(env *testscript.Env) (pid int, addr uint64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	cmd, err := begin(self, "1")
	if err != nil {
		return 0, 0, err
	}
	env.Defer(func() {
		cmd.in.Close()
		_ = cmd.Wait()
	})
	if _, err := fmt.Fscanf(cmd.out, "ready %d\n", &addr); err != nil {
		return 0, 0, fmt.Errorf("the target: %w", err)
	}
	return cmd.Process.Pid, addr, nil
}

// deadPID is that of a process that has ended and was waited for.
func deadPID() (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "MACH_TEST_TARGET=1")
	if err := cmd.Run(); err != nil { // its input ends at once
		return 0, err
	}
	return cmd.Process.Pid, nil
}

// A program that mach has started is over when mach is.
func TestStartedProgramEnds(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no program of the host to start")
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"regs", "--json", "--", "sleep", "600"}, &out, &errs); code != 0 {
		t.Fatalf("%d\n%s", code, errs.String())
	}
	var told struct{ PID int }
	if err := json.Unmarshal([]byte(out.String()), &told); err != nil || told.PID <= 0 {
		t.Fatalf("%v\n%s", err, out.String())
	}
	p, err := os.FindProcess(told.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.Signal(0)); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("process %d: %v", told.PID, err)
	}
}

// Without darwinrun "mach run" says how to get it.
func TestRunWithoutRunner(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"run", "./hello"}, &out, &errs); code != exitFailed {
		t.Errorf("it ended with %d", code)
	}
	want := "go install github.com/gomach/mach/cmd/darwinrun@latest"
	if runtime.GOOS != "linux" {
		want = "runs on Linux only"
	}
	if !strings.Contains(errs.String(), want) {
		t.Errorf("it said %s", errs.String())
	}
}

// The command lines of "mach help examples" that need no process are right.
func TestExamplesOfTheHelp(t *testing.T) {
	n := 0
	for line := range strings.Lines(examplesText) {
		f := strings.Fields(line)
		switch f[1] {
		case "error", "const", "struct", "func", "msgid", "exc":
		default:
			continue
		}
		args := strings.Fields(line[:min(len(line), 30)])[1:]
		if f[1] == "exc" {
			args = f[1:]
		}
		var out, errs strings.Builder
		if code := run(t.Context(), args, &out, &errs); code != 0 || out.Len() == 0 {
			t.Errorf("mach %v: %d, %s", args, code, errs.String())
		}
		n++
	}
	if n < 7 {
		t.Errorf("%d examples were tried", n)
	}
}

// A signal that a suspension has seen first is one, too.
func TestExitCodeOfSignals(t *testing.T) {
	err := fmt.Errorf("process 1: %w", &task.SignalError{Signal: syscall.SIGTERM})
	if code := exitCode(t.Context(), err); code != exitInterrupted {
		t.Errorf("it ends with %d", code)
	}
}
