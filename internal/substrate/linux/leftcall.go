//go:build linux && (amd64 || arm64)

package linux

// A thread that stops in a system call is to start it again when it goes on:
// its result says so, and next to the registers stands which call it is. Who
// sends such a thread elsewhere must take that number away, or the kernel
// would step back from the new place. A debugger that has the thread run a
// function puts the registers back afterwards, and knows nothing of the
// number; so it is kept here.

// CallState is what tells an interrupted system call from others: where the
// thread goes on, its stack, and the result by which the kernel marks it.
type CallState struct{ PC, SP, Result uint64 }

// leftCall is an interrupted call that a thread was taken out of.
type leftCall struct {
	CallState
	number uint64
}

// leftCalls are those of one thread, the latest last.
type leftCalls struct {
	start uint64 // see Stopped.StartTime
	calls []leftCall
}

const (
	maxLeftCalls = 32 // of a thread: functions called while others stand
	fewThreads   = 64 // among them, those that have ended are not looked for
)

// Restarts tells whether a result marks a system call that is to be started
// again: ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK.
// Only amd64 shows such results: arm64 has gone back to the call before a stop
// shows its registers.
func Restarts(result int64) bool {
	return result == -512 || result == -513 || result == -514 || result == -516
}

// NextCall gives the number of the system call that the thread is in once its
// registers have changed from now to next; number is the one it is in now, and
// negative is none. A thread that goes on elsewhere leaves its call, and one
// that is put back to where it left one takes that up again.
func (s *Stopped) NextCall(now, next CallState, number uint64) uint64 {
	const none = ^uint64(0)
	if now.PC == next.PC && now.Result == next.Result {
		return number
	}
	start, err := s.StartTime()
	if err != nil {
		return none
	}
	if int64(number) >= 0 && Restarts(int64(now.Result)) {
		s.t.leaveCall(s.x.tid, start, leftCall{now, number})
	}
	left := s.t.left[s.x.tid]
	if left == nil || left.start != start || !Restarts(int64(next.Result)) {
		return none
	}
	for i := len(left.calls) - 1; i >= 0; i-- {
		if left.calls[i].CallState == next {
			return left.calls[i].number
		}
	}
	return none
}

func (t *Tracer) leaveCall(tid int, start uint64, c leftCall) {
	left := t.left[tid]
	if left == nil || left.start != start {
		if len(t.left) >= max(fewThreads, t.leftLimit) {
			t.forgetLeftCalls()
			t.leftLimit = 2 * len(t.left)
		}
		left = &leftCalls{start: start}
		t.left[tid] = left
	}
	for i := range left.calls {
		if left.calls[i].CallState == c.CallState {
			left.calls = append(left.calls[:i], left.calls[i+1:]...)
			break
		}
	}
	if len(left.calls) == maxLeftCalls {
		left.calls = append(left.calls[:0], left.calls[1:]...)
	}
	left.calls = append(left.calls, c)
}

// forgetLeftCalls drops what belongs to threads that have ended.
func (t *Tracer) forgetLeftCalls() {
	for tid, left := range t.left {
		if !t.p.HasThread(tid, left.start) {
			delete(t.left, tid)
		}
	}
}

// AtCall tells whether there is a system call instruction at an address.
func (s *Stopped) AtCall(pc uint64) bool {
	return s.t.p.hasCall(pc)
}
