package mach

import "sync/atomic"

// boxed are the errors of messages that there have been. Go keeps the value of
// an interface in memory of its own, and allocates that anew for each code above
// 255, which those of messages are: a loop that lives on timeouts would feed the
// collector. It is for messages alone as it makes a program larger.
var boxed [32]atomic.Pointer[error]

// messageReturn turns the result of a call on messages into an error. It
// allocates for the first of its kind, and when another code has taken its
// place since.
func messageReturn(r uint64) error {
	k := KernReturn(int32(r))
	if uint32(k) < 256 {
		return kernReturn(r)
	}
	p := &boxed[(k^k>>10)&31]
	if e := p.Load(); e != nil {
		if have, is := (*e).(KernReturn); is && have == k {
			return *e
		}
	}
	e := error(k)
	p.Store(&e)
	return e
}
