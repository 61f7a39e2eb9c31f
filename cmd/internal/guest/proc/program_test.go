//go:build linux && (amd64 || arm64)

package proc

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// program is a guest whose code a test writes.
type program struct {
	*Process
	t      *testing.T
	code   []byte
	at     uint64 // where code begins
	counts uint64 // address of counters that the guest may use
}

var le = binary.LittleEndian

const (
	textAt = 0x100000000
	mainAt = 0x100
)

// image is an executable of nothing but room for code.
func image(a *cpu.Arch) []byte {
	segment := func(name string, addr, size, prot uint64) []byte {
		b := append(le.AppendUint32(nil, 0x19), 72, 0, 0, 0)
		b = append(b, make([]byte, 16)...)
		copy(b[8:], name)
		for _, v := range []uint64{addr, size, 0, 0} {
			b = le.AppendUint64(b, v)
		}
		for _, v := range []uint32{uint32(prot), uint32(prot), 0, 0} {
			b = le.AppendUint32(b, v)
		}
		return b
	}
	commands := append(segment("__PAGEZERO", 0, textAt, 0), segment("__TEXT", textAt, 0x4000, 5)...)
	main := append(le.AppendUint32(nil, 0x80000028), 24, 0, 0, 0)
	main = le.AppendUint64(le.AppendUint64(main, mainAt), 0)
	commands = append(commands, main...)
	var b []byte
	for _, v := range []uint32{0xfeedfacf, a.CPUType, 0, 2, 3, uint32(len(commands)), 0x200000, 0} {
		b = le.AppendUint32(b, v)
	}
	return append(b, commands...)
}

// onEachCPU runs a test with guests of both CPUs. functions are those that the guest can call;
// exit is there.
func onEachCPU(t *testing.T, functions map[string]*Function, test func(p *program)) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	for _, a := range []*cpu.Arch{cpu.ARM64, cpu.AMD64} {
		t.Run(a.Name, func(t *testing.T) {
			if err := pagesFit(a, os.Getpagesize()); err != nil {
				t.Skip(err) // see TestPagesFit
			}
			path := filepath.Join(t.TempDir(), "program")
			if err := os.WriteFile(path, image(a), 0o755); err != nil {
				t.Fatal(err)
			}
			p, err := New(Config{Path: path, Arch: a, Args: []string{path}, Lookup: func(symbol string) *Function {
				if f := functions[symbol]; f != nil || symbol != "exit" {
					return f
				}
				return &Function{Do: func(c *Call) {
					c.Park()
					c.Process.Exit(c.Int(0), nil)
				}}
			}})
			if err != nil {
				t.Fatal(err)
			}
			counts, err := p.Space.Map(mem.Request{Size: a.PageSize, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7})
			if err != nil {
				t.Fatal(err)
			}
			test(&program{Process: p, t: t, at: p.Main.Base + mainAt, counts: counts})
		})
	}
}

// load puts a number into an argument register; register -1 is one that no call uses.
func (p *program) load(arg int, v uint64) {
	if p.Arch == cpu.ARM64 {
		reg := uint32(arg)
		if arg < 0 {
			reg = 20
		}
		for i := range uint32(4) {
			op := uint32(0xf2800000) // movk
			if i == 0 {
				op = 0xd2800000 // movz
			}
			p.code = le.AppendUint32(p.code, op|i<<21|uint32(v>>(16*i)&0xffff)<<5|reg)
		}
		return
	}
	// mov with a 64-bit immediate: rdi, rsi, rdx, rcx; rbx
	op := [][]byte{{0x48, 0xbf}, {0x48, 0xbe}, {0x48, 0xba}, {0x48, 0xb9}}
	b := []byte{0x48, 0xbb}
	if arg >= 0 {
		b = op[arg]
	}
	p.code = le.AppendUint64(append(p.code, b...), v)
}

// callTo calls an address.
func (p *program) callTo(at uint64) {
	p.load(-1, at)
	if p.Arch == cpu.ARM64 {
		p.code = le.AppendUint32(p.code, 0xd63f0280) // blr x20
		return
	}
	p.code = append(p.code, 0xff, 0xd3) // call rbx
}

// call calls a function of libSystem.
func (p *program) call(symbol string, args ...uint64) {
	for i, v := range args {
		p.load(i, v)
	}
	p.callTo(p.StubFor(symbol))
}

// count adds one to a counter.
func (p *program) count(n int) {
	p.load(-1, p.counts+8*uint64(n))
	if p.Arch == cpu.ARM64 {
		for _, i := range []uint32{0xf9400295, 0x910006b5, 0xf9000295} { // ldr x21, [x20]; add x21, x21, 1; str x21, [x20]
			p.code = le.AppendUint32(p.code, i)
		}
		return
	}
	p.code = append(p.code, 0x48, 0xff, 0x03) // inc qword [rbx]
}

// again jumps back to a place in the code.
func (p *program) again(to int) {
	if p.Arch == cpu.ARM64 {
		p.code = le.AppendUint32(p.code, 0x14000000|uint32((to-len(p.code))/4)&0x3ffffff)
		return
	}
	p.code = append(p.code, 0xe9)
	p.code = le.AppendUint32(p.code, uint32(int32(to-len(p.code)-4)))
}

// frame and leave begin and end a function that calls others.
func (p *program) frame() {
	if p.Arch == cpu.ARM64 {
		p.code = le.AppendUint32(p.code, 0xa9bf7bfd) // stp fp, lr, [sp, -16]!
		return
	}
	p.code = append(p.code, 0x53) // push rbx
}

func (p *program) leave() {
	if p.Arch == cpu.ARM64 {
		p.code = le.AppendUint32(le.AppendUint32(p.code, 0xa8c17bfd), 0xd65f03c0) // ldp fp, lr, [sp], 16; ret
		return
	}
	p.code = append(p.code, 0x5b, 0xc3) // pop rbx; ret
}

// function is the address of what is written next.
func (p *program) function() uint64 { return p.at + uint64(len(p.code)) }

// run executes the program to its end.
func (p *program) run() (code int, err error) {
	p.t.Helper()
	if len(p.code) > 0x3000 {
		p.t.Fatal("too much code")
	}
	copy(mem.Slice(p.at, uint64(len(p.code))), p.code)
	watch := time.AfterFunc(time.Minute, func() { p.Exit(99, nil) })
	defer watch.Stop()
	return p.Run()
}

func (p *program) counted(n int) (v uint64) {
	p.Sync(func() { v = p.Peek(p.counts + 8*uint64(n)) })
	return v
}
