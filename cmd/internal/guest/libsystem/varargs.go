//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"math"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// varArgs reads variable arguments in order.
type varArgs interface {
	Int() uint64
	Double() float64
	LongDouble() float64
}

// memoryArgs are arguments in 8-byte slots: arm64's, where a va_list is a pointer to them.
type memoryArgs struct {
	c  *proc.Call
	at uint64
}

func (a *memoryArgs) Int() uint64 {
	v := a.c.Process.Peek(a.at)
	a.at += 8
	return v
}
func (a *memoryArgs) Double() float64     { return math.Float64frombits(a.Int()) }
func (a *memoryArgs) LongDouble() float64 { return a.Double() } // the same type on Apple's arm64

// registerArgs are System V's: some in registers, the others on the stack.
type registerArgs struct {
	memoryArgs
	ints   []uint64
	floats []float64
}

func (a *registerArgs) Int() uint64 {
	if len(a.ints) == 0 {
		return a.memoryArgs.Int()
	}
	v := a.ints[0]
	a.ints = a.ints[1:]
	return v
}

func (a *registerArgs) Double() float64 {
	if len(a.floats) == 0 {
		return a.memoryArgs.Double()
	}
	v := a.floats[0]
	a.floats = a.floats[1:]
	return v
}

// LongDouble is an x87 number in two aligned slots.
func (a *registerArgs) LongDouble() float64 {
	a.at = (a.at + 15) &^ 15
	mantissa, se := a.memoryArgs.Int(), a.memoryArgs.Int()
	exp := int(se & 0x7fff)
	v := math.Ldexp(float64(mantissa), exp-16383-63)
	if exp == 0x7fff {
		v = math.Inf(1)
		if mantissa<<1 != 0 {
			v = math.NaN()
		}
	}
	if se&0x8000 != 0 {
		v = -v
	}
	return v
}

// dots are the variable arguments of the call itself, after so many named ones.
func dots(c *proc.Call, named int) varArgs {
	if c.Process.Arch == cpu.ARM64 {
		return &memoryArgs{c, c.StackArgs()}
	}
	a := &registerArgs{memoryArgs: memoryArgs{c, c.StackArgs()}}
	for i := named; i < len(c.Process.Arch.IntArgs); i++ {
		a.ints = append(a.ints, c.Arg(i))
	}
	for i := range 8 {
		a.floats = append(a.floats, c.Float(i))
	}
	return a
}

// list is a va_list that was passed as argument n.
func list(c *proc.Call, n int) varArgs {
	if c.Process.Arch == cpu.ARM64 {
		return &memoryArgs{c, c.Arg(n)}
	}
	// {gp_offset, fp_offset, overflow_arg_area, reg_save_area}
	b, ok := c.Bytes(c.Arg(n), 24)
	if !ok {
		return &memoryArgs{c, 0}
	}
	le := binary.LittleEndian
	gp, fp, save := le.Uint32(b), le.Uint32(b[4:]), le.Uint64(b[16:])
	a := &registerArgs{memoryArgs: memoryArgs{c, le.Uint64(b[8:])}}
	for ; gp < 48; gp += 8 {
		a.ints = append(a.ints, c.Process.Peek(save+uint64(gp)))
	}
	for ; fp < 176; fp += 16 {
		a.floats = append(a.floats, math.Float64frombits(c.Process.Peek(save+uint64(fp))))
	}
	return a
}

// cstr reads a string argument; a bad pointer faults.
func cstr(c *proc.Call, at uint64) (string, bool) {
	c.UserCode()
	s, ok := c.String(at)
	if !ok {
		c.Fault(at, cpu.ProtRead)
	}
	return s, ok
}

// in and to are guest memory that a library function uses; bad pointers fault.
func in(c *proc.Call, at, n uint64) ([]byte, bool) {
	c.UserCode()
	b, ok := c.Bytes(at, n)
	if !ok {
		c.Fault(firstBad(c, at, n, cpu.ProtRead), cpu.ProtRead)
	}
	return b, ok
}

func to(c *proc.Call, at, n uint64) ([]byte, bool) {
	c.UserCode()
	b, ok := c.Out(at, n)
	if !ok {
		c.Fault(firstBad(c, at, n, cpu.ProtWrite), cpu.ProtWrite)
	}
	return b, ok
}

// firstBad is the first address of a range that the guest may not access so.
func firstBad(c *proc.Call, at, n uint64, access cpu.Prot) uint64 {
	for a := at; a >= at && a-at < n; {
		r, ok := c.Process.Space.Lookup(a)
		if !ok || r.Start > a || access&^r.Prot != 0 {
			return a
		}
		a = r.End
	}
	return at
}
