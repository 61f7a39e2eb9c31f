//go:build linux && (amd64 || arm64)

package machkern

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/proto"
)

// call is a Ctx with what it needs, used again and again.
type call struct {
	core.Ctx
	args    [12]uint64
	scratch [512]byte
	thread  int // who calls
	symbol  int // what
	waits   bool
}

func newCall() any {
	c := &call{}
	c.Scratch = c.scratch[:]
	return c
}

// Function answers a symbol. The call runs in a goroutine of its own.
func (g *Guest) Function(symbol string) *proc.Function {
	if f := g.special(symbol); f != nil {
		return f
	}
	n := core.Number(symbol)
	if n == 0 {
		return nil
	}
	f, waits := &proto.Functions[n-1], mayWait(symbol)
	return &proc.Function{Do: func(c *proc.Call) {
		// Where instructions are counted the other threads stand still during a call that does
		// not wait: what they would do meanwhile (Go's scheduler takes the P of a call that
		// lasts) depends on the time it takes here.
		alone := c.Process.Count && !waits
		if alone {
			c.Process.Only(c.Thread)
		}
		c.Block(func() {
			if alone {
				defer c.Process.Post(func() { c.Process.Only(nil) })
			}
			g.attach(c.Process)
			x := g.prepare(c.Thread, n)
			x.waits = waits
			arguments(c, f, &x.args)
			th := g.sub.know(c.Thread)
			if !waits {
				x.Waits = th.waitsAfterAll
				th.running.Store(true)
				defer th.running.Store(false)
			}
			c.Return(g.kernel.perform(x))
		})
	}}
}

// mayWait tells the functions that wait for something to happen from those that at most take
// their time.
func mayWait(symbol string) bool {
	for _, prefix := range []string{"mach_msg", "semaphore_", "clock_sleep", "mach_wait_until", "thread_switch", "exception_raise", "swtch"} {
		if strings.HasPrefix(symbol, prefix) {
			return true
		}
	}
	return false
}

// prepare makes a call for a thread; perform takes it back.
func (g *Guest) prepare(t *proc.Thread, n int) *call {
	var x *call
	if g.own != nil {
		x = g.own.calls.Get().(*call)
	} else {
		x = newCall().(*call)
	}
	x.thread, x.symbol, x.waits = int(t.UniqueID()), n, false
	return x
}

// call performs a function on behalf of a thread.
func (g *Guest) call(t *proc.Thread, symbol string, args ...uint64) uint64 {
	g.sub.know(t)
	x := g.prepare(t, core.Number(symbol))
	n := copy(x.args[:], args)
	clear(x.args[n:])
	return g.kernel.perform(x)
}

// Describe prints a call with its parameters' names.
func (g *Guest) Describe(c *proc.Call) (string, bool) {
	n := core.Number(c.Symbol)
	if n == 0 {
		return "", false
	}
	f := &proto.Functions[n-1]
	var args [12]uint64
	arguments(c, f, &args)
	var out []string
	for i, p := range f.Params {
		if i == len(args) {
			break
		}
		v := args[i]
		switch p.Kind {
		case proto.Word32:
			out = append(out, p.Name+"="+number(int64(int32(v)), uint64(uint32(v))))
		case proto.CString:
			if s, ok := c.String(v); ok && len(s) < 80 {
				out = append(out, p.Name+"="+strconv.Quote(s))
				continue
			}
			fallthrough
		default:
			out = append(out, p.Name+"="+number(int64(v), v))
		}
	}
	return fmt.Sprintf("[%d] %s(%s)", c.Thread.ID, c.Symbol, strings.Join(out, ", ")), true
}

// number prints small values as they are and others in hexadecimal.
func number(signed int64, v uint64) string {
	if signed > -4096 && signed < 4096 {
		return strconv.FormatInt(signed, 10)
	}
	return "0x" + strconv.FormatUint(v, 16)
}
