package exc_test

import (
	"context"
	"math"
	"reflect"
	"runtime"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/internal/apitest"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// noContext is what a careless caller has.
var noContext context.Context

// Nothing panics or hangs: not nil, not what nobody has made, not what is
// closed, whatever the arguments are.
func TestZeroValues(t *testing.T) {
	porttest.LeakCheck(t)
	closed, err := exc.NewServer(nil)
	ok(t, err)
	late, err := exc.NewServer(nil)
	ok(t, err)
	at, err := late.Attach(target(t), softMask, 0)
	ok(t, err)
	ok(t, late.Close())
	ok(t, closed.Close())
	gone := standIn(t)
	ok(t, gone.Close())
	handler := standIn(t)
	for _, v := range []any{
		(*exc.Server)(nil), new(exc.Server), closed, late, (*exc.Attachment)(nil), new(exc.Attachment), at,
		(*exc.Debugger)(nil), new(exc.Debugger), (*exc.Breakpoint)(nil), new(exc.Breakpoint), new(exc.Stop), (*exc.Exception)(nil), new(exc.Exception),
		exc.Target{}, exc.Thread(nil), exc.Task(task.Own(mach.MACH_PORT_DEAD)), exc.Host(nil), exc.Actions(nil), exc.Actions{{}},
		exc.Actions{{Mask: math.MaxUint32, Port: gone, Behavior: 99, Flavor: 99}}, exc.Reason(9),
	} {
		x := reflect.ValueOf(v)
		for _, zero := range []bool{true, false} {
			for i := range x.NumMethod() {
				m := x.Type().Method(i)
				var in []reflect.Value
				for j := range m.Type.NumIn() - 1 {
					want := m.Type.In(j + 1)
					if m.Type.IsVariadic() && j+1 == m.Type.NumIn()-1 {
						want = want.Elem()
					}
					a := reflect.Zero(want)
					if !zero {
						switch want {
						case reflect.TypeFor[context.Context]():
							a = reflect.ValueOf(within(t))
						case reflect.TypeFor[*port.Send]():
							a = reflect.ValueOf(handler)
						case reflect.TypeFor[exc.Target]():
							a = reflect.ValueOf(exc.Task(task.Own(mach.MACH_PORT_DEAD)))
						default:
							a = reflect.New(want).Elem()
							if a.CanInt() {
								a.SetInt(-1)
							} else if a.CanUint() {
								a.SetUint(math.MaxUint64 >> (64 - want.Bits()))
							}
						}
					}
					in = append(in, a)
				}
				apitest.Calm(t, x.Type().String()+"."+m.Name, func() { x.Method(i).Call(in) })
			}
		}
	}
	for name, f := range map[string]func() error{
		"serve of nobody":  func() error { return (*exc.Server)(nil).Serve(noContext) },
		"serve of nothing": func() error { return new(exc.Server).Serve(noContext) },
		"a late serve":     func() error { return closed.Serve(noContext) },
		"a late attach":    func() error { _, err := closed.Attach(target(t), softMask, 0); return err },
		"attach to nobody": func() error { _, err := (*exc.Server)(nil).Attach(target(t), softMask, 0); return err },
		"wait of nobody":   func() error { _, err := new(exc.Debugger).Wait(noContext); return err },
		"forward nothing": func() error {
			return exc.Forward(noContext, nil, exc.Action{Port: handler, Behavior: mach.EXCEPTION_DEFAULT})
		},
		"forward to nobody":  func() error { return exc.Forward(noContext, new(exc.Exception), exc.Action{}) },
		"forward to no port": func() error { return exc.Forward(bg, new(exc.Exception), exc.Action{Behavior: mach.EXCEPTION_STATE}) },
		"forward to a closed": func() error {
			return exc.Forward(bg, newState(0, handler.Name(), handler.Name(), 0), exc.Action{Port: gone, Behavior: mach.EXCEPTION_DEFAULT})
		},
		"debug nobody":          func() error { _, err := exc.Debug(noContext, -1); return err },
		"debug too much":        func() error { _, err := exc.Debug(within(t), math.MaxInt); return err },
		"debug when it is over": func() error { c, stop := context.WithCancel(bg); stop(); _, err := exc.Debug(c, 1); return err },
	} {
		apitest.Calm(t, name, func() {
			if f() == nil {
				t.Errorf("%s succeeds", name)
			}
		})
	}
	for _, code := range []int64{0, -1, math.MinInt64, math.MaxInt64} {
		for typ := mach.ExceptionType(-2); typ < 40; typ++ {
			for n := range 4 {
				e := &exc.Exception{Type: typ}
				for range n {
					e.Codes = append(e.Codes, code)
				}
				if e.Detail() == nil || e.String() == "" {
					t.Errorf("%v has no detail", e)
				}
			}
		}
	}
}

// A server that closes while one attaches leaves no handler behind.
func TestCloseWhileAttaching(t *testing.T) {
	porttest.LeakCheck(t)
	for i := range 200 {
		s, err := exc.NewServer(nil)
		ok(t, err)
		done := make(chan *exc.Attachment, 1)
		go func() {
			a, _ := s.Attach(target(t), softMask, 0)
			done <- a
		}()
		for range i % 50 * 100 {
			runtime.Gosched()
		}
		ok(t, s.Close())
		a := <-done // what the server has not closed, it has not made
		list, err := target(t).Get(softMask)
		ok(t, err)
		if x, found := list.Find(mach.EXC_RPC_ALERT); found {
			t.Fatalf("a handler is left: %v", x)
		}
		ok(t, list.Close())
		ok(t, a.Close())
	}
}
