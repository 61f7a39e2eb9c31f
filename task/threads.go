package task

import (
	"fmt"
	"io/fs"
	"iter"

	"github.com/gomach/mach"
)

// Threads owns the threads of a list. Close gives back those that nobody took.
type Threads struct {
	list []*Thread
}

// Threads lists the task's threads as they are now; they may end at any time.
// The caller has to close the list, or take the threads out and close them.
//
// The inspect port will do for the list; what can be done with the threads goes
// with the port. It does not block if the kernel serves the port. It fails with
// [mach.KERN_INVALID_ARGUMENT] or [mach.MACH_SEND_INVALID_DEST] when the task has
// ended.
//
// Mach calls: task_threads, mach_vm_deallocate.
func (t *Task) Threads() (*Threads, error) {
	name, err := t.use()
	if err != nil {
		return nil, err
	}
	defer t.done()
	var names *mach.ThreadAct
	var n mach.MachMsgTypeNumber
	if err := mach.TaskThreads(name, &names, &n); err != nil {
		return nil, t.refused("task_threads", err)
	}
	l := &Threads{list: make([]*Thread, n)}
	block := make([]Thread, n)
	for i, name := range mach.Slice(names, n) {
		block[i].task = t
		block[i].h.init(name)
		l.list[i] = &block[i]
	}
	// The array is in this task, whosever threads they are, and its size is
	// in bytes.
	if n > 0 {
		err = mach.MachVMDeallocate(mach.MachTaskSelf(), mach.AddressOf(names), mach.SizeOf[mach.ThreadAct](n))
	}
	if err != nil {
		l.Close()
		return nil, failed("mach_vm_deallocate", err)
	}
	return l, nil
}

// ErrNoThread says that a task has no thread of that number. It is
// fs.ErrNotExist.
var ErrNoThread = fmt.Errorf("task: no thread of that number: %w", fs.ErrNotExist)

// Thread finds a thread of the task by its number, see [Thread.ID]; on Linux it
// is the thread's TID. The caller has to close it. It fails with [ErrNoThread], also
// when the thread has ended. It takes what [Task.Threads] takes.
//
// Mach calls: task_threads, thread_info with THREAD_IDENTIFIER_INFO,
// mach_vm_deallocate, mach_port_deallocate.
func (t *Task) Thread(id uint64) (*Thread, error) {
	l, err := t.Threads()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	for i, th := range l.list {
		// Whoever has no number has ended.
		if n, err := th.ID(); err == nil && n == id {
			l.list = append(l.list[:i:i], l.list[i+1:]...)
			return th, nil
		}
	}
	return nil, fmt.Errorf("%w: %d", ErrNoThread, id)
}

// Len is the number of threads in the list.
func (l *Threads) Len() int {
	if l == nil {
		return 0
	}
	return len(l.list)
}

// All walks the threads, which stay the list's: they are good until it is
// closed.
func (l *Threads) All() iter.Seq2[int, *Thread] {
	return func(yield func(int, *Thread) bool) {
		if l == nil {
			return
		}
		for i, th := range l.list {
			if !yield(i, th) {
				return
			}
		}
	}
}

// Take empties the list: the caller owns the threads from now on, and has to
// close each.
func (l *Threads) Take() []*Thread {
	if l == nil {
		return nil
	}
	list := l.list
	l.list = nil
	return list
}

// Close gives back the threads of the list. A second Close does nothing.
//
// Mach calls: mach_port_deallocate.
func (l *Threads) Close() error {
	var first error
	for _, th := range l.Take() {
		if err := th.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
