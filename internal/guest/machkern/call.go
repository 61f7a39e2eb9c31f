//go:build linux

package machkern

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/proto"
)

// call is a Ctx with what it needs, used again and again.
type call struct {
	core.Ctx
	args    [12]uint64
	scratch [512]byte
}

// Function answers a symbol. The call runs in a goroutine of its own.
func (k *Kernel) Function(symbol string) *proc.Function {
	if f := k.special(symbol); f != nil {
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
			k.attach(c.Process)
			x := k.context(c.Thread)
			arguments(c, f, &x.args)
			if waits {
				// Whoever gets a port to the thread later can still abort this call.
				if th := k.thread(c.Thread); th != nil {
					x.Interrupted = th.Interrupted()
				}
			} else {
				th := k.sub.know(c.Thread)
				th.running.Store(true)
				defer th.running.Store(false)
			}
			c.Return(k.perform(x, n))
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

// context makes a Ctx for a calling thread; perform takes it back.
func (k *Kernel) context(t *proc.Thread) *call {
	x := k.calls.Get().(*call)
	x.Args, x.Task, x.Mem = &x.args, k.task, userMemory{k.process}
	x.CallingThread = func() *core.Thread { return k.thread(t) }
	k.sub.know(t)
	return x
}

func (k *Kernel) perform(x *call, n int) uint64 {
	r := k.core.Call(&x.Ctx, n)
	x.Thread, x.CallingThread, x.Interrupted = nil, nil, nil
	k.calls.Put(x)
	return r
}

// call performs a function on behalf of a thread.
func (k *Kernel) call(t *proc.Thread, symbol string, args ...uint64) uint64 {
	x := k.context(t)
	copy(x.args[:], args)
	return k.perform(x, core.Number(symbol))
}

// Describe prints a call with its parameters' names.
func (k *Kernel) Describe(c *proc.Call) (string, bool) {
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
