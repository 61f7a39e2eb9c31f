//go:build linux && (amd64 || arm64)

package proc

// MaxKeys is how many keys of thread-specific data a guest can make.
const MaxKeys = tsdSlots - FirstUserKey

// PthreadSize is the size of the block at a pthread_t.
const PthreadSize = pthreadSize

// Yield lets other threads run before the call returns.
func (p *Process) Yield(c *Call) {
	c.Park()
	p.sched.post(func() { p.finish(c) })
}

// Suspend stops a thread from running until it is resumed as often; only on the
// processor's goroutine.
func (t *Thread) Suspend() {
	t.suspended++
}

// Unsuspend takes one suspension back.
func (t *Thread) Unsuspend() {
	if t.suspended == 0 {
		return
	}
	if t.suspended--; t.suspended == 0 && t.state == stateReady {
		t.state = stateWaiting
		t.Process.sched.makeReady(t)
	}
	t.finishLate()
}

// finishLate ends the call that was answered while the thread was suspended.
func (t *Thread) finishLate() {
	if c := t.waitsIn(); c != nil && c.late && !t.Suspended() {
		c.late = false
		t.Process.finish(c)
	}
}

// Suspended says whether the thread is kept from running.
func (t *Thread) Suspended() bool { return t.suspended > 0 || t.Process.sched.held > 0 }

// Hold keeps all threads from running until Release was called as often; only on the
// processor's goroutine.
func (p *Process) Hold() { p.sched.held++ }

// Release takes one Hold back.
func (p *Process) Release() {
	if p.sched.held > 0 {
		p.sched.held--
	}
	for _, t := range p.Threads() {
		t.finishLate()
	}
}

// ReleaseAll lets everything run that somebody held or suspended.
func (p *Process) ReleaseAll() {
	p.sched.held = 0
	for _, t := range p.Threads() {
		for t.suspended > 0 {
			t.Unsuspend()
		}
		t.finishLate()
	}
}

// Sync runs a function on the processor's goroutine and waits for it.
func (p *Process) Sync(f func()) { p.sched.stopped(f) }

// Parked says whether the call is answered later than its implementation returns.
func (c *Call) Parked() bool { return c.parked }

// RestoreMaskLater sets the mask that a thread has once the next handler has returned.
func (t *Thread) RestoreMaskLater(mask uint32) { t.Sig.later = &mask }

// TLS is the address of the thread's block of thread-local variables of an image.
func (t *Thread) TLS(image uint64, make func() uint64) uint64 {
	at, ok := t.tls[image]
	if !ok {
		at = make()
		t.tls[image] = at
	}
	return at
}

// Only lets no thread run but one; nil lifts that, but for a forked child.
func (p *Process) Only(t *Thread) {
	if f := p.child; f != nil {
		t = f.thread
	}
	p.sched.only = t
}
