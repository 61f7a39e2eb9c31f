package gdb

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// fake is a guest of two threads and a page of memory.
type fake struct {
	arch      *cpu.Arch
	regs      map[uint64]*cpu.Regs
	memory    []byte
	resumed   chan Resumption
	stops     chan Stop
	interrupt chan struct{}
	detached  chan int
	killed    bool
}

const fakeBase = 0x1000

func newFake(a *cpu.Arch) *fake {
	f := &fake{
		arch: a, regs: map[uint64]*cpu.Regs{1: {}, 0x1f: {}}, memory: make([]byte, 64),
		resumed: make(chan Resumption, 1), stops: make(chan Stop, 1), interrupt: make(chan struct{}, 1), detached: make(chan int, 1),
	}
	for i := range f.memory {
		f.memory[i] = byte(i)
	}
	for i := range f.regs[1] {
		f.regs[1][i] = 0x0102030405060700 + uint64(i)
	}
	return f
}

var errFake = errors.New("no such thing")

func (f *fake) Arch() *cpu.Arch { return f.arch }
func (f *fake) Path() string    { return "/a/program" }
func (f *fake) Slide() uint64   { return 0x4000 }
func (f *fake) Image() Image {
	return Image{Base: 0x104000, UUID: uuidText([16]byte{1, 2, 15: 255}), Segments: []Segment{{"__TEXT", 0x100000, 0x4000, 0, 0x3000, 5}}}
}
func (f *fake) Threads() []Thread { return []Thread{{1, "main"}, {0x1f, `a<"&`}} }
func (f *fake) Attach() Stop      { return Stop{Thread: 1, Signal: 5} }
func (f *fake) Detach(signal int) { f.detached <- signal }
func (f *fake) Interrupt()        { f.interrupt <- struct{}{} }
func (f *fake) Kill()             { f.killed = true }
func (f *fake) Registers(id uint64) (cpu.Regs, error) {
	if r := f.regs[id]; r != nil {
		return *r, nil
	}
	return cpu.Regs{}, errFake
}

func (f *fake) SetRegisters(id uint64, r cpu.Regs) error {
	*f.regs[id] = r
	return nil
}

func (f *fake) ReadMemory(b []byte, at uint64) (int, error) {
	if at < fakeBase || at >= fakeBase+uint64(len(f.memory)) {
		return 0, errFake
	}
	return copy(b, f.memory[at-fakeBase:]), nil
}

func (f *fake) WriteMemory(b []byte, at uint64) error {
	if at < fakeBase || at+uint64(len(b)) > fakeBase+uint64(len(f.memory)) {
		return errFake
	}
	copy(f.memory[at-fakeBase:], b)
	return nil
}

func (f *fake) Resume(r Resumption) Stop {
	f.resumed <- r
	select {
	case s := <-f.stops:
		return s
	case <-f.interrupt:
		return Stop{Thread: 1, Signal: 2}
	}
}

// client is a debugger that trusts its link.
type client struct {
	t    *testing.T
	conn net.Conn
	link *link
}

func start(t *testing.T, f *fake) *client {
	a, b := net.Pipe()
	s := newSession(a, f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.serve()
		a.Close()
	}()
	t.Cleanup(func() {
		b.Close()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("the session goes on without a debugger")
		}
	})
	c := &client{t, b, newLink(b)}
	c.ask("QStartNoAckMode", "OK")
	c.link.dropAcks()
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.link.send(text); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) answer() string {
	c.t.Helper()
	got, err := c.link.receive()
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

func (c *client) ask(text, want string) {
	c.t.Helper()
	c.send(text)
	if got := c.answer(); got != want {
		c.t.Errorf("%s: %q, want %q", text, got, want)
	}
}

func TestThreadsAndRegisters(t *testing.T) {
	for _, a := range []*cpu.Arch{cpu.AMD64, cpu.ARM64} {
		f := newFake(a)
		c := start(t, f)
		c.ask("?", "T05thread:1;")
		c.ask("qfThreadInfo", "m1,1f")
		c.ask("qsThreadInfo", "l")
		c.ask("qThreadExtraInfo,1", hex.EncodeToString([]byte("main")))
		c.ask("T1f", "OK")
		c.ask("T2", "E01")
		c.ask("Hg2", "E01")
		c.ask("qC", "QC1")
		c.ask("qXfer:threads:read::0,fff", `l<?xml version="1.0"?><threads><thread id="1" name="main"/><thread id="1f" name="a..."/></threads>`)
		c.ask("qXfer:exec-file:read:1:0,5", "m/a/pr")
		c.ask("qXfer:exec-file:read:1:5,fff", "logram")
		c.ask("qXfer:exec-file:read:1:5", "E01")
		c.ask("qOffsets", "TextSeg=4000")
		pc := map[*cpu.Arch]string{cpu.AMD64: "10", cpu.ARM64: "20"}[a]
		c.ask("p"+pc, hex.EncodeToString([]byte{byte(a.PC), 7, 6, 5, 4, 3, 2, 1}))
		c.ask("P"+pc+"=8877665544332211", "OK")
		if got := f.regs[1][a.PC]; got != 0x1122334455667788 {
			t.Errorf("pc is %#x", got)
		}
		c.ask("P"+pc+"=88", "E01")
		c.ask("pfff", "E01")
		c.ask("Hg1f", "OK")
		c.ask("p"+pc, "0000000000000000")
		// All registers, there and back.
		c.ask("Hg1", "OK")
		before := *f.regs[1]
		c.send("g")
		all := c.answer()
		f.regs[1] = &cpu.Regs{}
		f.regs[1][a.Flags] = before[a.Flags]
		c.ask("G"+all, "OK")
		if *f.regs[1] != *f.masked(before) {
			t.Errorf("%s:\n %x written back as\n %x", a.Name, before, *f.regs[1])
		}
		c.ask("G"+all[:len(all)-2], "E01")
		// No register of the emulator is missing from the list, none is there twice.
		seen := map[int]int{}
		for _, r := range registers(a) {
			if r.at >= 0 {
				seen[r.at]++
			}
		}
		for i := range a.Registers {
			if seen[i] != 1 {
				t.Errorf("%s: register %s is listed %d times", a.Name, a.Names[i], seen[i])
			}
		}
	}
}

// masked drops what the register file has beyond the machine's registers.
func (f *fake) masked(r cpu.Regs) *cpu.Regs {
	clear(r[len(f.arch.Registers):])
	return &r
}

func TestMemoryAroundBreakpoints(t *testing.T) {
	f := newFake(cpu.AMD64)
	c := start(t, f)
	c.ask("m1000,4", "00010203")
	c.ask("m1,4", "E01")
	c.ask("m1000", "E01")
	c.ask("m103e,8", "3e3f") // as much as there is
	c.ask("Z0,1002,1", "OK")
	c.ask("Z0,1002,1", "OK")
	c.ask("Z0,ffff,1", "E01")
	c.ask("Z1,1002,1", "")
	if f.memory[2] != 0xcc {
		t.Error("no trap was written")
	}
	c.ask("m1000,4", "00010203")
	c.ask("M1001,3:a1a2a3", "OK")
	if !bytes.Equal(f.memory[:5], []byte{0, 0xa1, 0xcc, 0xa3, 4}) {
		t.Errorf("a write went through the breakpoint: %x", f.memory[:5])
	}
	c.ask("z0,1002,1", "OK")
	c.ask("m1000,5", "00a1a2a304")
	c.ask("X1004,3:a#}", "OK") // needs escapes on the way
	c.ask("m1004,3", "61237d")
	c.ask("M1001,3:a1a2", "E01")
	c.ask("M1001,3:zzzzzz", "E01")
	c.ask("Mffff,1:00", "E01")
	// What is left goes at the end.
	c.ask("Z0,1003,1", "OK")
	c.ask("D", "OK")
	if <-f.detached; f.memory[3] != 0xa3 {
		t.Error("a breakpoint stayed behind")
	}
}

func TestResume(t *testing.T) {
	f := newFake(cpu.ARM64)
	c := start(t, f)
	c.send("qSupported:swbreak+;xmlRegisters=i386")
	if got := c.answer(); !strings.Contains(got, "qXfer:features:read+") {
		t.Error(got)
	}
	c.ask("vCont?", "vCont;c;C;s;S")
	c.ask("Z0,1008,4", "OK")
	f.regs[0x1f][cpu.ARM64.PC] = 0x1008
	for _, x := range []struct {
		packet string
		want   Resumption
		stop   Stop
		reply  string
	}{
		{"c", Resumption{Thread: 1}, Stop{Thread: 0x1f, Signal: 5, Breakpoint: true}, "T05thread:1f;swbreak:;"},
		{"c", Resumption{Thread: 0x1f}, Stop{Thread: 1, Signal: 5, Breakpoint: true}, "T05thread:1;"}, // the program's own
		{"vCont;s:1f;c", Resumption{Step: 0x1f, Thread: 1}, Stop{Thread: 0x1f, Signal: 5}, "T05thread:1f;"},
		{"vCont;C0b:1f;c", Resumption{Signal: 11, Thread: 0x1f}, Stop{Thread: 1, Signal: 11}, "T0bthread:1;"},
		{"s", Resumption{Step: 1, Thread: 1}, Stop{Thread: 1, Signal: 5}, "T05thread:1;"},
		{"C0b", Resumption{Signal: 11, Thread: 1}, Stop{Thread: 1, Signal: 5}, "T05thread:1;"},
	} {
		c.send(x.packet)
		if got := <-f.resumed; got != x.want {
			t.Errorf("%s: %+v, want %+v", x.packet, got, x.want)
		}
		f.stops <- x.stop
		if got := c.answer(); got != x.reply {
			t.Errorf("%s: %q, want %q", x.packet, got, x.reply)
		}
	}
	for _, bad := range []string{"Cxx", "c1000", "vCont;q", "vCont;s:zz", "vCont;", "vCont;Sxx"} {
		c.ask(bad, "E01")
	}
	c.send("c")
	<-f.resumed
	if _, err := c.conn.Write([]byte(interrupt)); err != nil {
		t.Fatal(err)
	}
	if got := c.answer(); got != "T02thread:1;" {
		t.Errorf("after an interrupt: %q", got)
	}
	c.send("c")
	<-f.resumed
	f.stops <- Stop{Exited: true, Code: 3}
	if got := c.answer(); got != "W03" {
		t.Errorf("after the end: %q", got)
	}
}

func TestLLDB(t *testing.T) {
	c := start(t, newFake(cpu.ARM64))
	c.ask("qHostInfo", "cputype:16777228;cpusubtype:0;ostype:macosx;vendor:apple;endian:little;ptrsize:8;os_version:14.0;")
	c.ask("qThreadStopInfo1", "T05thread:1;")
	c.ask("qThreadStopInfo1f", "T00thread:1f;")
	c.ask("qThreadStopInfo2", "E01")
	c.ask("jGetLoadedDynamicLibrariesInfos:", "OK")
	c.send(`jGetLoadedDynamicLibrariesInfos:{"fetch_all_solibs":true}`)
	var got struct {
		Images []struct {
			Address  uint64 `json:"load_address"`
			UUID     string `json:"uuid"`
			Segments []Segment
		}
	}
	if err := json.Unmarshal([]byte(c.answer()), &got); err != nil || len(got.Images) != 1 {
		t.Fatal(err, got)
	}
	if i := got.Images[0]; i.Address != 0x104000 || i.UUID != "01020000-0000-0000-0000-0000000000FF" || len(i.Segments) != 1 || i.Segments[0].FileSize != 0x3000 {
		t.Errorf("%+v", i)
	}
}

// A processor of amd64 is behind a trap when it stops for it; a debugger wants it at it.
func TestBreakpointAddress(t *testing.T) {
	f := newFake(cpu.AMD64)
	c := start(t, f)
	c.send("qSupported:swbreak+")
	c.answer()
	c.ask("Z0,1008,1", "OK")
	f.regs[1][cpu.AMD64.PC] = 0x1009
	c.send("c")
	<-f.resumed
	f.stops <- Stop{Thread: 1, Signal: 5, Breakpoint: true}
	if got := c.answer(); got != "T05thread:1;swbreak:;" {
		t.Error(got)
	}
	if got := f.regs[1][cpu.AMD64.PC]; got != 0x1008 {
		t.Errorf("pc is %#x", got)
	}
}

// A debugger that goes without a word leaves nothing behind, also while the guest runs.
func TestDebuggerGoes(t *testing.T) {
	for _, running := range []bool{false, true} {
		t.Run(fmt.Sprint(running), func(t *testing.T) {
			f := newFake(cpu.AMD64)
			c := start(t, f)
			c.ask("Z0,1001,1", "OK")
			if running {
				c.send("c")
				<-f.resumed
			}
			c.conn.Close()
			if sig := <-f.detached; sig != 0 || f.memory[1] != 1 {
				t.Errorf("detached with signal %d, memory %x", sig, f.memory[:4])
			}
		})
	}
}

func TestKill(t *testing.T) {
	f := newFake(cpu.AMD64)
	c := start(t, f)
	c.ask("vKill;1", "OK")
	if !f.killed {
		t.Error("it lives")
	}
}

// A packet that came damaged is asked for again, and what was not understood is sent again.
func TestDamage(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	f := newFake(cpu.AMD64)
	s := newSession(a, f)
	go s.serve()
	for _, x := range []struct{ say, want string }{
		{"$?#00", "-"},
		{"$?#3f", "+$T05thread:1;#d7"},
		{"-", "$T05thread:1;#d7"},
		{"+noise$qC#b4", "+$QC1#c5"},
	} {
		if _, err := b.Write([]byte(x.say)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(x.want))
		for n := 0; n < len(got); {
			m, err := b.Read(got[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += m
		}
		if string(got) != x.want {
			t.Errorf("%q: %q, want %q", x.say, got, x.want)
		}
	}
}

// sealed makes packets of the lines of b, with right checksums, so that most get through.
func sealed(b []byte) (out []byte) {
	for line := range bytes.Lines(b) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		var sum byte
		for _, c := range line {
			sum += c
		}
		out = fmt.Appendf(append(append(out, '$'), line...), "#%02x", sum)
	}
	return out
}

// FuzzSession sends whatever comes: no panic, no hang, no unbounded memory.
func FuzzSession(f *testing.F) {
	for _, s := range []string{"?", "m1000,ffffffffffffffff", "Z0,1000,1\nM1000,1:00\nD", "Hg", "vCont;s:-1;c", "G", "qXfer:features:read:target.xml:0,ffff", "}", "\x03", "P10=0000000000000000", "T1\nqC\nqSupported:swbreak+"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		target := newFake(cpu.AMD64)
		target.stops = make(chan Stop)
		close(target.stops)
		target.resumed = make(chan Resumption, len(b))
		target.interrupt = make(chan struct{}, len(b)+1)
		target.detached = make(chan int, 1)
		var out bytes.Buffer
		s := newSession(struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(sealed(b)), &out}, target)
		s.link.noAck = true
		s.serve()
	})
}
