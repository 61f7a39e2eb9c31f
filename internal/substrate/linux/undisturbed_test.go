//go:build linux && (amd64 || arm64)

package linux

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// runDumper starts this test binary as a dumper of pid, and gives it back
// when it has begun.
func runDumper(t *testing.T, pid int, watching bool) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("SUBSTRATE_DUMPER=%d", pid))
	if watching {
		cmd.Env = append(cmd.Env, "SUBSTRATE_WATCH=1")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	if line != "go\n" {
		cmd.Process.Kill()
		cmd.Wait()
		t.Fatalf("dumper said %q, %v", line, err)
	}
	go func() {
		rest, _ := io.ReadAll(r)
		if len(rest) > 0 {
			t.Errorf("dumper said %q", rest)
		}
	}()
	return cmd
}

// killedDumpers runs dumpers on the target and ends each at a random moment.
func killedDumpers(t *testing.T, x *target, rounds int, after func(round int)) {
	signals := []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGKILL}
	for i := range rounds {
		cmd := runDumper(t, x.p.PID(), i%2 == 1)
		time.Sleep(time.Duration(rand.IntN(15000)) * time.Microsecond)
		cmd.Process.Signal(signals[i%3])
		cmd.Wait()
		after(i)
	}
}

func rounds(t *testing.T, n int) int {
	if testing.Short() {
		return n / 4
	}
	return n
}

func TestTargetOutlivesItsDumper(t *testing.T) {
	for _, mode := range [][]string{{"strict"}, {"churn", "3"}} {
		t.Run(mode[0], func(t *testing.T) {
			x := startTarget(t, mode...)
			killedDumpers(t, x, rounds(t, 24), func(int) {
				x.progresses()
				eventually(t, "nothing stopped", func() bool { return !strings.ContainsAny(x.states(), "tT") })
			})
		})
	}
}

func TestJobControlStopOutlivesTheDumper(t *testing.T) {
	x := startTarget(t, "strict")
	x.progresses()
	unix.Kill(x.p.PID(), unix.SIGSTOP)
	stopped := func() bool { return strings.Trim(x.states(), "T") == "" }
	eventually(t, "stopped", stopped)
	killedDumpers(t, x, rounds(t, 12), func(int) { eventually(t, "stopped still", stopped) })
	for range 5 {
		if _, err := x.tr.Dump(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, "stopped after a dump", stopped)
	}
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := x.tr.Resume(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "stopped after a resume", stopped)
	unix.Kill(x.p.PID(), unix.SIGCONT)
	// nanosleep and ppoll are cut short by nothing, but read is restarted.
	x.progresses()
}

// queueSignal sends the counting target's signal with a value.
func queueSignal(pid int, value int32) error {
	var info [128]byte
	signal := 34 + 3 // SIGRTMIN+3 in glibc's counting
	put := func(at int, v int32) { copy(info[at:], bytesOf(&v)) }
	put(0, int32(signal))
	put(8, -1) // SI_QUEUE
	put(16, int32(os.Getpid()))
	put(24, value)
	return sigqueue(pid, signal, &info)
}

func TestSignalsReachATracedProcessUnharmed(t *testing.T) {
	for _, how := range []string{"dumps", "handler", "killed dumpers"} {
		t.Run(how, func(t *testing.T) {
			x := startTarget(t, "count")
			x.ready()
			done := make(chan struct{})
			var sent, total int64
			go func() {
				defer close(done)
				for i := range 2000 {
					v := rand.Int32N(1000)
					for queueSignal(x.p.PID(), v) == unix.EAGAIN {
						time.Sleep(time.Millisecond)
					}
					sent++
					total += int64(v)
					if i%20 == 0 {
						time.Sleep(time.Millisecond)
					}
				}
			}()
			switch how {
			case "handler":
				err := x.tr.SetHandler(func(Event) Action { return Deliver }, Watch{Signals: ^uint64(0)})
				if err != nil {
					t.Fatal(err)
				}
				<-done
			case "dumps":
				for running := true; running; {
					select {
					case <-done:
						running = false
					default:
						if _, err := x.tr.Dump(t.Context(), nil); err != nil {
							t.Fatal(err)
						}
					}
				}
			default:
				killedDumpers(t, x, rounds(t, 16), func(int) {})
				<-done
			}
			x.says(fmt.Sprintf("%d %d", sent, total))
		})
	}
}
