package exc_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	targets "github.com/gomach/mach/internal/substrate/target"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// The test program runs itself as the process to be debugged.
func TestMain(m *testing.M) {
	if mode := os.Getenv("EXC_TEST_CHILD"); mode != "" {
		child(mode)
		os.Exit(0)
	}
	if mach.MachTaskSelf() == mach.MACH_PORT_NULL {
		fmt.Println("no Mach kernel on this system: nothing to test")
		return
	}
	targets.Main(m)
}

//go:noinline
func counted(n int) int { return n*3 + 1 }

var nowhere *int

// writeNowhere faults by a write. (With the race detector's calls in it, the
// compiler looks by a read whether the pointer is nil, before it calls.)
//
//go:norace
//go:noinline
func writeNowhere() { *nowhere = 1 }

var (
	before = map[string]func(){} // what a child of a mode does first
	after  = func() {}           // what it does when it has read a line
)

var (
	written [2]uint32
	sum     uint32
)

// child says where its function is, waits for a line, and does what it is for.
func child(mode string) {
	if pid, is := strings.CutPrefix(mode, "debug "); is {
		n, _ := strconv.Atoi(pid)
		d, err := exc.Debug(bg, n)
		if err == nil {
			_, err = d.Task().Suspend(context.Background())
		}
		fmt.Println("suspended:", err)
		time.Sleep(time.Hour)
	}
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	if f := before[mode]; f != nil {
		f()
	}
	fmt.Println(reflect.ValueOf(counted).Pointer())
	if mode == "write" || mode == "new threads" {
		fmt.Println(mach.AddressOf(&written))
	}
	in := bufio.NewReader(os.Stdin)
	in.ReadString('\n')
	after()
	switch mode {
	case "count", "count and wait":
		for i := range 5 {
			fmt.Println(counted(i))
		}
		if mode != "count" {
			in.ReadString('\n')
		}
	case "crash":
		defer func() { fmt.Println("recovered:", recover()) }()
		writeNowhere()
	case "read":
		defer func() { fmt.Println("recovered:", recover()) }()
		fmt.Println(*nowhere)
	case "many":
		runtime.GOMAXPROCS(4)
		sums := make(chan int)
		for range 4 {
			go func() {
				runtime.LockOSThread()
				sum := 0
				for i := range 20 {
					sum += counted(i)
				}
				sums <- sum
			}()
		}
		fmt.Println(<-sums + <-sums + <-sums + <-sums)
	case "wait":
		in.ReadString('\n')
	case "write":
		runtime.LockOSThread()
		for i := range uint32(5) {
			written[0] = i + 100
			written[1] = i // beside it
			sum += written[0]
		}
		fmt.Println(sum)
	}
}

type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
	addr uint64

	waiting sync.Once
	ended   error
}

func start(t testing.TB, mode string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0])}
	// Go's runtime has a goroutine that has run for long go elsewhere, by a
	// signal, before it executes its next instruction. It comes to a breakpoint
	// there again afterwards.
	p.cmd.Env = append(os.Environ(), "EXC_TEST_CHILD="+mode, "GODEBUG=asyncpreemptoff=1")
	p.cmd.Stderr = os.Stderr
	p.in, _ = p.cmd.StdinPipe()
	out, err := p.cmd.StdoutPipe()
	ok(t, err)
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Skip("no processes here:", err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.wait()
	})
	if !p.out.Scan() {
		t.Fatal("the child said nothing")
	}
	p.addr, err = strconv.ParseUint(p.out.Text(), 10, 64)
	ok(t, err)
	return p
}

// wait waits for the end, though not for ever.
func (p *process) wait() error {
	ctx, cancel := context.WithTimeout(bg, 20*time.Second)
	defer cancel()
	// First, as a debugger's child shows its stops to whoever waits for it.
	if err := task.AwaitExit(ctx, p.cmd.Process); err != nil {
		return err
	}
	p.waiting.Do(func() { p.ended = p.cmd.Wait() })
	return p.ended
}

func (p *process) line(t testing.TB) string {
	t.Helper()
	if !p.out.Scan() {
		t.Fatalf("no more from the child: %v", p.wait())
	}
	return p.out.Text()
}

func debugged(t testing.TB, p *process) *exc.Debugger {
	t.Helper()
	d, err := exc.Debug(within(t), p.cmd.Process.Pid)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	ok(t, err)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(bg, time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestDebuggerBreakpoints(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "count")
	d := debugged(t, p)
	ctx := within(t)
	bp, err := d.SetBreakpoint(ctx, p.addr)
	ok(t, err)
	if same, err := d.SetBreakpoint(ctx, p.addr); err != nil || same != bp || len(d.Breakpoints()) != 1 {
		t.Errorf("a second one: %v, %v", same, err)
	}
	io.WriteString(p.in, "\n")
	for i := range 4 {
		s, err := d.Wait(ctx)
		ok(t, err)
		if s.Reason != exc.AtBreakpoint || s.Point != bp || s.Address != p.addr {
			t.Fatalf("stop %d: %v", i, s)
		}
		if i == 1 { // in between, step by step
			for range 3 {
				before := s.Address
				s, err = d.Step(ctx)
				ok(t, err)
				if s.Reason != exc.Stepped || s.Address == before {
					t.Fatalf("step: %v", s)
				}
			}
		}
		if i == 3 {
			ok(t, bp.Clear(ctx))
			ok(t, bp.Clear(ctx))
		}
		ok(t, d.Continue(ctx))
	}
	for i := range 5 {
		if got, want := p.line(t), strconv.Itoa(i*3+1); got != want {
			t.Errorf("call %d gave %s, want %s", i, got, want)
		}
	}
	if s, err := d.Wait(ctx); !errors.Is(err, exc.ErrExited) {
		t.Errorf("after the end: %v, %v", s, err)
	}
	ok(t, p.wait())
}

func TestDebuggerCatchesCrash(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "crash")
	d := debugged(t, p)
	io.WriteString(p.in, "\n")
	s, err := d.Wait(within(t))
	ok(t, err)
	x, is := s.Exception.Detail().(exc.BadAccess)
	if s.Reason != exc.Crashed || s.Exception.Type != mach.EXC_BAD_ACCESS || !is || x.Address != 0 {
		t.Errorf("stop %v, %v", s, x)
	}
	regs, err := s.Thread.Registers()
	ok(t, err)
	if regs.PC() != s.Address || regs.PC() == 0 {
		t.Errorf("pc %#x, stop at %#x", regs.PC(), s.Address)
	}
	if again, err := d.Wait(within(t)); err != nil || again != s {
		t.Errorf("a second wait: %v, %v", again, err)
	}
	// Passed on, it is what it would have been: a signal, and Go's panic
	// (pitfall stolen-panics).
	ok(t, d.Pass(within(t)))
	if got := p.line(t); !strings.Contains(got, "nil pointer") {
		t.Errorf("the child said %q", got)
	}
}

// A debugger that goes leaves the process as it was.
func TestDebuggerCloseLeavesProcess(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "count")
	d := debugged(t, p)
	_, err := d.SetBreakpoint(within(t), p.addr)
	ok(t, err)
	io.WriteString(p.in, "\n")
	s, err := d.Wait(within(t))
	ok(t, err)
	if s.Reason != exc.AtBreakpoint {
		t.Fatal(s)
	}
	ok(t, d.Close())
	ok(t, d.Close())
	for i := range 5 {
		if got, want := p.line(t), strconv.Itoa(i*3+1); got != want {
			t.Errorf("call %d gave %s, want %s", i, got, want)
		}
	}
	ok(t, p.wait())
	if _, err := d.Wait(bg); !errors.Is(err, port.ErrClosed) {
		t.Errorf("wait: %v", err)
	}
	if _, err := d.SetBreakpoint(bg, 1); !errors.Is(err, port.ErrClosed) {
		t.Errorf("breakpoint: %v", err)
	}
}

// A process that dies at any step gives an error, never a hang.
func TestDebuggerAndDeath(t *testing.T) {
	porttest.LeakCheck(t)
	for _, step := range []string{"running", "stopped", "wait"} {
		p := start(t, map[string]string{"stopped": "count"}[step]+map[string]string{"running": "wait", "wait": "wait"}[step])
		d := debugged(t, p)
		ctx := within(t)
		var err error
		switch step {
		case "running":
			p.cmd.Process.Kill()
			p.wait()
			_, err = d.Wait(ctx)
		case "wait":
			time.AfterFunc(20*time.Millisecond, func() { p.cmd.Process.Kill() })
			_, err = d.Wait(ctx)
		case "stopped":
			_, err = d.SetBreakpoint(ctx, p.addr)
			ok(t, err)
			io.WriteString(p.in, "\n")
			_, err = d.Wait(ctx)
			ok(t, err)
			p.cmd.Process.Kill()
			if _, err = d.Step(ctx); err == nil {
				err = d.Continue(ctx)
			}
			if err == nil {
				_, err = d.Wait(ctx)
			}
		}
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", step, err)
		}
		ok(t, d.Close())
	}
	if _, err := exc.Debug(within(t), os.Getpid()); err == nil {
		t.Error("a process debugs itself")
	}
	if _, err := exc.Debug(within(t), 1<<22+5); err == nil {
		t.Error("debugs a process that is not there")
	}
}

// A step that is never over leaves no rights to the threads that it held.
func TestDebuggerAndDeathInAStep(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "many")
	d := debugged(t, p)
	ctx := within(t)
	_, err := d.SetBreakpoint(ctx, p.addr)
	ok(t, err)
	io.WriteString(p.in, "\n")
	_, err = d.Wait(ctx)
	ok(t, err)
	over, end := context.WithCancel(bg)
	end()
	if _, err := d.Step(over); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	p.cmd.Process.Kill()
	for err == nil {
		if _, err = d.Wait(ctx); err == nil {
			err = d.Pass(ctx)
		}
	}
	if !errors.Is(err, exc.ErrExited) {
		t.Errorf("after the end: %v", err)
	}
	ok(t, d.Close())
}

// The same at any moment: a debugger at work meets the end of its process in
// whichever call it is in.
func TestDebuggerAndDeathAtAnyStep(t *testing.T) {
	porttest.LeakCheck(t)
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for i := range rounds {
		p := start(t, "many")
		d := debugged(t, p)
		ctx := within(t)
		bp, err := d.SetBreakpoint(ctx, p.addr)
		ok(t, err)
		io.WriteString(p.in, "\n")
		time.AfterFunc(time.Duration(i)*1500*time.Microsecond, func() { p.cmd.Process.Kill() })
		for err == nil {
			var s *exc.Stop
			if s, err = d.Wait(ctx); err != nil {
				break
			}
			if _, err = s.Thread.Registers(); err != nil {
				break
			}
			if _, err = d.Step(ctx); err != nil {
				break
			}
			if err = bp.Clear(ctx); err != nil {
				break
			}
			if bp, err = d.SetBreakpoint(ctx, p.addr); err != nil {
				break
			}
			err = d.Continue(ctx)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("killed after %d: %v", i, err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("killed after %d: close: %v", i, err)
		}
		p.wait()
	}
}

// Pitfall stopped-for-good: a suspended target stays stopped if its debugger dies. Not this
// one: the suspension goes with the debugger.
func TestDebuggerDies(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "count")
	debugger := exec.Command(os.Args[0])
	debugger.Env = append(os.Environ(), fmt.Sprintf("EXC_TEST_CHILD=debug %d", p.cmd.Process.Pid))
	out, err := debugger.StdoutPipe()
	ok(t, err)
	ok(t, debugger.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	if said != "suspended: <nil>\n" {
		debugger.Process.Kill()
		debugger.Wait()
		t.Skipf("cannot debug here: %q, %v", said, err)
	}
	io.WriteString(p.in, "\n")
	answer := make(chan string, 1)
	go func() {
		p.out.Scan()
		answer <- p.out.Text()
	}()
	select {
	case s := <-answer:
		t.Errorf("the suspended process said %q", s)
	case <-time.After(50 * time.Millisecond):
	}
	ok(t, debugger.Process.Kill())
	debugger.Wait()
	select {
	case s := <-answer:
		if s != "1" {
			t.Errorf("it said %q", s)
		}
	case <-time.After(10 * time.Second):
		t.Error("the process stays suspended")
	}
}

// Threads that reach a breakpoint at the same time stop one after the other;
// none misses its turn, and a debugger that goes in the midst of it leaves
// nobody behind.
func TestDebuggerManyThreads(t *testing.T) {
	porttest.LeakCheck(t)
	for _, stops := range []int{80, 25} { // all of them, and some
		p := start(t, "many")
		d := debugged(t, p)
		ctx := within(t)
		_, err := d.SetBreakpoint(ctx, p.addr)
		ok(t, err)
		io.WriteString(p.in, "\n")
		for range stops {
			s, err := d.Wait(ctx)
			ok(t, err)
			if s.Reason != exc.AtBreakpoint {
				t.Fatal(s)
			}
			ok(t, d.Continue(ctx))
		}
		if stops == 80 { // and no more
			if s, err := d.Wait(ctx); !errors.Is(err, exc.ErrExited) {
				t.Errorf("after %d stops: %v, %v", stops, s, err)
			}
		}
		ok(t, d.Close())
		sum := 0
		for i := range 20 {
			sum += 4 * (i*3 + 1)
		}
		if got := p.line(t); got != strconv.Itoa(sum) {
			t.Errorf("%d stops: the process says %s, want %d", stops, got, sum)
		}
	}
}
