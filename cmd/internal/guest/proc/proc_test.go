//go:build linux && (amd64 || arm64)

package proc

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// Arguments arrive, results come back, and main's becomes the exit status.
func TestCalls(t *testing.T) {
	var got [][3]uint64
	onEachCPU(t, map[string]*Function{
		"take": {Do: func(c *Call) {
			got = append(got, [3]uint64{c.Arg(0), c.Arg(1), c.Arg(2)})
			c.Return(40 + uint64(len(got)))
		}},
	}, func(p *program) {
		got = nil
		p.frame()
		p.call("take", 1, 2, 3)
		p.call("take", ^uint64(0), 1<<63, 77)
		p.leave()
		code, err := p.run()
		if code != 42 || err != nil {
			t.Errorf("exit status %d, %v", code, err)
		}
		if len(got) != 2 || got[0] != [3]uint64{1, 2, 3} || got[1] != [3]uint64{^uint64(0), 1 << 63, 77} {
			t.Errorf("arguments %x", got)
		}
	})
}

// A function that nobody knows ends the guest when it is called, by its name.
func TestUnknownSymbol(t *testing.T) {
	onEachCPU(t, nil, func(p *program) {
		p.frame()
		p.call("nonesuch")
		p.leave()
		code, err := p.run()
		if code != 125 || !errors.Is(err, ErrUnknownSymbol) || err.Error()[:9] != "nonesuch:" {
			t.Errorf("exit status %d, %v", code, err)
		}
	})
}

// start makes a thread that runs a function.
func (p *program) start(fn, arg uint64) *Thread {
	low, err := p.Space.Map(mem.Request{Size: 1 << 16, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7})
	if err != nil {
		p.t.Fatal(err)
	}
	t, err := p.NewThread(low + 1<<16)
	if err != nil {
		p.t.Fatal(err)
	}
	t.StartThread(fn, arg)
	return t
}

// A thread that waits in a call does not stop those that spin, and they do not stop it; two that
// spin both get on.
func TestThreadsTakeTurns(t *testing.T) {
	var p *program
	onEachCPU(t, map[string]*Function{
		"wait": {Do: func(c *Call) {
			c.Block(func() {
				for p.counted(0) < 1000 || p.counted(1) < 1000 {
					time.Sleep(time.Millisecond)
				}
			})
		}},
	}, func(this *program) {
		p = this
		p.frame()
		p.call("wait")
		p.load(0, 0)
		p.leave()
		for n := range 2 {
			fn, back := p.function(), len(p.code)
			p.count(n)
			p.again(back)
			p.start(fn, 0)
		}
		if code, err := p.run(); code == 99 || err != nil {
			t.Errorf("exit status %d, %v; the threads counted to %d and %d", code, err, p.counted(0), p.counted(1))
		}
	})
}

// Suspended threads stand still, each by itself and all by Hold; both count.
func TestHold(t *testing.T) {
	var p *program
	var spinning [2]*Thread
	moves := func(n int) bool {
		before := p.counted(n)
		for range 200 {
			time.Sleep(time.Millisecond)
			if p.counted(n) > before {
				return true
			}
		}
		return false
	}
	onEachCPU(t, map[string]*Function{
		"test": {Do: func(c *Call) {
			c.Block(func() {
				check := func(what string, first, second bool) {
					t.Helper()
					if a, b := moves(0), moves(1); a != first || b != second {
						t.Errorf("%s: the threads move: %v, %v", what, a, b)
					}
				}
				check("at first", true, true)
				p.Sync(func() { spinning[0].Suspend(); spinning[0].Suspend() })
				check("one suspended twice", false, true)
				p.Sync(func() { spinning[0].Unsuspend(); p.Hold(); p.Hold() })
				check("both held twice", false, false)
				p.Sync(func() { p.Release() })
				check("held once", false, false)
				p.Sync(func() { p.Release() })
				check("one still suspended", false, true)
				p.Sync(func() { p.Hold(); p.ReleaseAll() })
				check("all released", true, true)
			})
		}},
	}, func(this *program) {
		p = this
		p.frame()
		p.call("test")
		p.leave()
		for n := range 2 {
			fn, back := p.function(), len(p.code)
			p.count(n)
			p.again(back)
			spinning[n] = p.start(fn, 0)
		}
		if code, err := p.run(); code == 99 || err != nil {
			t.Error(code, err)
		}
	})
}

// A call can run functions of the guest, which make calls.
func TestGuestFunctions(t *testing.T) {
	const inner = 0x800 // where it is to begin
	onEachCPU(t, map[string]*Function{
		"outer": {Async: true, Do: func(c *Call) { c.Return(c.Guest(c.Arg(0), 20) + 1) }},
		"inner": {Do: func(c *Call) { c.Return(c.Arg(0) * 2) }},
	}, func(p *program) {
		p.frame()
		p.call("outer", p.at+inner)
		p.leave()
		p.code = append(p.code, make([]byte, inner-len(p.code))...)
		p.frame()
		p.callTo(p.StubFor("inner"))
		p.leave()
		if code, err := p.run(); code != 41 || err != nil {
			t.Errorf("exit status %d, %v", code, err)
		}
	})
}

// A handler runs on top of a call that waits, which ends afterwards with its own result.
func TestSignalDuringCall(t *testing.T) {
	var p *program
	var handled atomic.Int32
	onEachCPU(t, map[string]*Function{
		"wait": {Do: func(c *Call) {
			c.Block(func() {
				c.Process.Post(func() { c.Thread.Signal(SignalInfo{Signal: SIGUSR1}) })
				for handled.Load() == 0 {
					time.Sleep(time.Millisecond)
				}
				c.Return(7)
			})
		}},
		"handled": {Do: func(c *Call) { handled.Add(1) }},
	}, func(this *program) {
		p = this
		handled.Store(0)
		p.frame()
		p.call("wait")
		p.leave()
		p.Signals.Actions[SIGUSR1] = Action{Handler: p.function()}
		p.frame()
		p.call("handled")
		p.leave()
		if code, err := p.run(); code != 7 || err != nil || handled.Load() != 1 {
			t.Errorf("exit status %d, %v, handled %d times", code, err, handled.Load())
		}
	})
}

// A call that ends while its thread is suspended leaves the registers alone until the thread
// goes on, or somebody breaks the call off.
func TestSuspendedInCall(t *testing.T) {
	for _, how := range []string{"suspended", "held", "broken off"} {
		t.Run(how, func(t *testing.T) {
			begun, ended := make(chan bool, 1), make(chan bool)
			stop := map[string][2]func(*Thread){
				"suspended":  {(*Thread).Suspend, (*Thread).Unsuspend},
				"held":       {func(t *Thread) { t.Process.Hold() }, func(t *Thread) { t.Process.Release() }},
				"broken off": {(*Thread).Suspend, (*Thread).BreakOff},
			}[how]
			onEachCPU(t, map[string]*Function{
				"wait": {Do: func(c *Call) {
					begun <- true
					c.Block(func() { <-ended; c.Return(7) })
				}},
			}, func(p *program) {
				p.frame()
				p.call("wait", 5)
				p.leave()
				main := p.Threads()[0]
				result := func() (r uint64) {
					p.Sync(func() { r = main.UserRegs()[p.Arch.Result] })
					return r
				}
				go func() {
					<-begun // from here on the processor runs
					for waits := false; !waits; time.Sleep(time.Millisecond) {
						p.Sync(func() {
							if waits = main.Waits() && main.waitsIn().Symbol == "wait"; waits {
								stop[0](main)
							}
						})
					}
					before := result()
					ended <- true
					for late := false; !late; time.Sleep(time.Millisecond) {
						p.Sync(func() { late = main.waitsIn().late })
					}
					if got := result(); got != before {
						t.Errorf("the result's register has become %d, was %d", got, before)
					}
					p.Sync(func() { stop[1](main) })
					if how == "broken off" {
						if got := result(); got != 7 {
							t.Errorf("the result's register is %d after the call was broken off", got)
						}
						p.Sync(main.Unsuspend)
					}
				}()
				if code, err := p.run(); code != 7 || err != nil {
					t.Errorf("exit status %d, %v", code, err)
				}
			})
		})
	}
}

// A signal that nobody handles ends the guest by that signal.
func TestKilled(t *testing.T) {
	onEachCPU(t, map[string]*Function{
		"raise": {Do: func(c *Call) { c.Process.Signal(SignalInfo{Signal: int32(c.Int(0))}) }},
	}, func(p *program) {
		p.frame()
		p.call("raise", SIGCHLD) // ignored by default
		p.call("raise", SIGTERM)
		p.leave()
		if code, err := p.run(); p.Killed != SIGTERM || code != 128+SIGTERM || err != nil {
			t.Errorf("killed by %d, exit status %d, %v", p.Killed, code, err)
		}
	})
}

// A fault goes to the hook with its instruction, and the thread goes on where the hook lets it.
func TestFaultHook(t *testing.T) {
	onEachCPU(t, nil, func(p *program) {
		p.frame()
		p.load(-1, 0x5008)
		fault := p.function()
		load := []byte{0x48, 0x8b, 0x03} // mov rax, [rbx]
		if p.Arch == cpu.ARM64 {
			load = le.AppendUint32(nil, 0xf9400280) // ldr x0, [x20]
		}
		p.code = append(p.code, load...)
		p.leave()
		var seen Fault
		p.FaultHook = func(t *Thread, f Fault) bool {
			seen = f
			r := *t.Regs()
			r[p.Arch.PC] += uint64(len(load))
			r[p.Arch.Result] = 33
			go p.Post(func() {
				t.SetUserRegs(r)
				t.Resume()
			})
			return true
		}
		code, err := p.run()
		if code != 33 || err != nil {
			t.Errorf("exit status %d, %v", code, err)
		}
		if seen.Kind != cpu.StopMemory || seen.Address != 0x5008 || seen.PC != fault || seen.Mapped || seen.Access != cpu.ProtRead {
			t.Errorf("the hook was told %+v; the load is at %#x", seen, fault)
		}
	})
}

// Exit and Kill count once, whoever calls first.
func TestExitOnce(t *testing.T) {
	onEachCPU(t, map[string]*Function{
		"end": {Do: func(c *Call) {
			c.Process.Exit(3, nil)
			c.Process.Kill(SIGKILL)
			c.Process.Exit(4, nil)
		}},
	}, func(p *program) {
		p.frame()
		p.call("end")
		p.leave()
		if code, err := p.run(); code != 3 || p.Killed != 0 || err != nil {
			t.Errorf("exit status %d, killed by %d, %v", code, p.Killed, err)
		}
	})
}
