package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// crasher is a target that touches address 16 for each line that it reads, and says when
// it has got over that.
func crasher() {
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		func() {
			defer func() { fmt.Println("over:", recover()) }()
			var p *[3]uint64
			fmt.Println(p[2])
		}()
	}
	os.Exit(0)
}

// What "exc watch" tells is what happened (EXC_BAD_ACCESS with the address, XNU's
// osfmk/mach/exception_types.h), and the process deals with it as if nobody had looked.
func TestExcWatch(t *testing.T) {
	for _, asJSON := range []bool{true, false} {
		t.Run(fmt.Sprint("json=", asJSON), func(t *testing.T) { excWatch(t, asJSON) })
	}
}

// watcher is a "mach exc watch" that runs.
type watcher struct {
	printed strings.Builder
	ended   chan int
	said    chan string
}

// watchExceptions starts one, and comes back when it watches.
func watchExceptions(t *testing.T, args []string) *watcher {
	t.Helper()
	w := &watcher{ended: make(chan int, 1), said: make(chan string, 1)}
	told, tell := io.Pipe() // says when it watches
	go func() {
		code := run(t.Context(), args, &w.printed, tell)
		tell.Close()
		w.ended <- code
	}()
	watching := bufio.NewReader(told)
	if line, err := watching.ReadString('\n'); err != nil || !strings.HasPrefix(line, "watching process ") {
		t.Fatalf("%q, %v", line, err)
	}
	go func() {
		b, _ := io.ReadAll(watching)
		w.said <- string(b)
	}()
	return w
}

// end is what it has printed.
func (w *watcher) end(t *testing.T) string {
	t.Helper()
	if code, said := <-w.ended, <-w.said; code != 0 {
		t.Errorf("it ended with %d: %s", code, said)
	}
	return w.printed.String()
}

// checkReport compares a crash report with what was printed.
func checkReport(t *testing.T, x crash) {
	t.Helper()
	f, err := os.Open(x.Report)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var head ipsHead
	var r ipsReport
	if err := json.Unmarshal([]byte(first), &head); err != nil || head.BugType != "309" || head.Incident == "" {
		t.Errorf("%+v, %v", head, err)
	}
	if err := json.NewDecoder(lines).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.PID != x.PID || r.Incident != head.Incident || r.Exception.Type != "EXC_BAD_ACCESS" || r.Exception.Signal != "SIGSEGV" ||
		r.Exception.Subtype != "KERN_INVALID_ADDRESS at 0x0000000000000010" || r.Exception.Codes != "0x0000000000000001, 0x0000000000000010" ||
		r.Termination == nil || r.Termination.Indicator != "Segmentation fault: 11" {
		t.Errorf("%+v", r)
	}
	if r.Faulting >= len(r.Threads) {
		t.Fatalf("thread %d of %d", r.Faulting, len(r.Threads))
	}
	th := r.Threads[r.Faulting]
	if !th.Triggered || th.ID != x.Thread.ID || th.State["flavor"] == nil || len(th.Frames) != len(x.Backtrace) {
		t.Errorf("%+v\n%+v", th, x.Backtrace)
	}
	for i, f := range th.Frames {
		m := r.Images[f.Index]
		if m.Base+f.Offset != uint64(x.Backtrace[i].PC) || f.Symbol != x.Backtrace[i].Function {
			t.Errorf("frame %d: %+v of %+v, want %+v", i, f, m, x.Backtrace[i])
		}
	}
}

// A forked process has the handlers of the one that is watched, and nothing else is known
// of it (xnu osfmk/kern/ipc_tt.c, ipc_task_init). With --follow its exceptions are told;
// without it they are its own business.
func TestExcWatchFollow(t *testing.T) {
	for _, follow := range []bool{true, false} {
		t.Run(fmt.Sprint("follow=", follow), func(t *testing.T) { excFollow(t, follow) })
	}
}

func excFollow(t *testing.T, follow bool) {
	parent, kid := started(t, os.Args[0], "crash"), started(t, os.Args[0], "crash")
	for _, c := range []*child{parent, kid} {
		if line := c.line(t); line != "ready\n" {
			t.Fatalf("the target said %q", line)
		}
	}
	args := []string{"exc", "watch", "--json", fmt.Sprint(parent.Process.Pid), "--count", "1"}
	if follow {
		args = append(args, "--follow")
	}
	w := watchExceptions(t, args)
	inherit(t, parent.Process.Pid, kid.Process.Pid)
	crash := func(c *child) {
		fmt.Fprintln(c.in, "now")
		if line := c.line(t); !strings.HasPrefix(line, "over: ") {
			t.Errorf("the target said %q", line)
		}
	}
	crash(kid)
	want := kid.Process.Pid
	if !follow {
		crash(parent)
		want = parent.Process.Pid
	} else {
		parent.in.Close() // the watch ends with both
		_ = parent.Wait()
	}
	var x struct{ PID int }
	if err := json.Unmarshal([]byte(w.end(t)), &x); err != nil || x.PID != want {
		t.Errorf("told of process %d, want %d (%v)", x.PID, want, err)
	}
}

// A core at an exception has the thread at the instruction that failed, and the process
// deals with the exception afterwards.
func TestCoreAtException(t *testing.T) {
	cmd := started(t, os.Args[0], "crash")
	if line := cmd.line(t); line != "ready\n" {
		t.Fatalf("the target said %q", line)
	}
	file := filepath.Join(t.TempDir(), "core")
	w := watchExceptions(t, []string{"core", fmt.Sprint(cmd.Process.Pid), "-o", file, "--exception", "--modified", "--json"})
	fmt.Fprintln(cmd.in, "now")
	if line := cmd.line(t); !strings.HasPrefix(line, "over: ") {
		t.Errorf("the target said %q", line)
	}
	if said := w.end(t); !strings.Contains(said, `"reason": "EXC_BAD_ACCESS: bad access to 0x10`) {
		t.Errorf("it said %s", said)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"stack", file}, &out, &errs); code != 0 || !strings.Contains(out.String(), "mach.crasher") {
		t.Errorf("%d %s\n%s", code, errs.String(), out.String())
	}
	// What does not happen before the end is an error.
	w = watchExceptions(t, []string{"core", fmt.Sprint(cmd.Process.Pid), "-o", file, "--exception=EXC_ARITHMETIC"})
	fmt.Fprintln(cmd.in, "now") // another one
	cmd.line(t)
	cmd.in.Close()
	if code, said := <-w.ended, <-w.said; code != exitFailed || !strings.Contains(said, "it has ended") {
		t.Errorf("%d %s", code, said)
	}
}

// inherit gives a process the handlers of another one, as a fork does.
func inherit(t *testing.T, from, to int) {
	t.Helper()
	tasks := [2]*task.Task{}
	for i, pid := range []int{from, to} {
		x, err := task.ForPID(t.Context(), pid)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		tasks[i] = x
	}
	handlers, err := exc.Task(tasks[0]).Get(mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_BREAKPOINT)
	if err != nil {
		t.Fatal(err)
	}
	defer handlers.Close()
	if err := handlers.Restore(exc.Task(tasks[1])); err != nil {
		t.Fatal(err)
	}
}

func excWatch(t *testing.T, asJSON bool) {
	cmd := started(t, os.Args[0], "crash")
	if line := cmd.line(t); line != "ready\n" {
		t.Fatalf("the target said %q", line)
	}
	args := []string{"exc", "watch", fmt.Sprint(cmd.Process.Pid), "--count", "2"}
	if asJSON {
		args = append(args, "--json", "--ips", t.TempDir())
	}
	w := watchExceptions(t, args)
	for range 2 {
		fmt.Fprintln(cmd.in, "now")
		if line := cmd.line(t); !strings.Contains(line, "over: runtime error: invalid memory address") {
			t.Errorf("the target said %q", line)
		}
	}
	printed := w.end(t)
	fmt.Fprintln(cmd.in, "now")
	if line := cmd.line(t); !strings.HasPrefix(line, "over: ") {
		t.Errorf("afterwards the target said %q", line)
	}
	cmd.in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the target: %v", err)
	}
	if !asJSON {
		if n := strings.Count(printed, "EXC_BAD_ACCESS\nbad access to 0x10: "); n != 2 || !strings.Contains(printed, "mach.crasher") {
			t.Errorf("%d are printed:\n%s", n, printed)
		}
		return
	}
	d := json.NewDecoder(strings.NewReader(printed))
	for range 2 {
		var x crash
		if err := d.Decode(&x); err != nil {
			t.Fatal(err)
		}
		pc := slices.IndexFunc(x.Thread.Registers, func(r register) bool { return r.Name == "pc" || r.Name == "rip" })
		if x.Type != "EXC_BAD_ACCESS" || len(x.Codes) != 2 || x.Codes[1] != 0x10 || x.PID != cmd.Process.Pid || pc < 0 ||
			len(x.Backtrace) < 2 || x.Backtrace[0].PC != x.Thread.Registers[pc].Value {
			t.Errorf("%+v", x)
		}
		if !slices.ContainsFunc(x.Backtrace, func(f stackFrame) bool { return strings.Contains(f.Function, "crasher") }) {
			t.Errorf("the backtrace is %+v", x.Backtrace)
		}
		checkReport(t, x)
	}
}
