//go:build linux && (amd64 || arm64)

package linux

// branch hands a new process, which the kernel has attached to this thread, to
// who watches for it. If it cannot be opened it is left to be let go.
func (t *Tracer) branch(x *tracee) {
	p, err := Open(x.tid)
	if err != nil {
		return
	}
	c := t.loop.add(p)
	delete(t.threads, x.tid)
	c.threads[x.tid] = x
	c.attached++
	x.foreign, x.shared, x.judged = false, p.ownChild(), 1
	then := t.watch.Fork(c)
	go func() {
		then()
		answer := func() {
			if c.threads[x.tid] == x && x.judged > 0 {
				x.judged--
				c.settleOne(x.tid)
			}
		}
		select {
		case t.answers <- answer:
		case <-c.ended:
		}
	}()
}
