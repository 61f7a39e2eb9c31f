//go:build linux && (amd64 || arm64)

package linux

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// ThreadIDs appends the ids of the process's threads to to, oldest first.
func (p *Process) ThreadIDs(to []int) ([]int, error) {
	fd, err := p.openProc("task", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return to, wrap("list threads of", p.pid, 0, err)
	}
	defer unix.Close(fd)
	got, err := numbersIn(fd, to)
	if err == nil && len(got) == len(to) {
		err = unix.ESRCH
	}
	return got, wrap("list threads of", p.pid, 0, err)
}

// ThreadStat reads /proc/PID/task/TID/stat: state, times, priority, policy,
// name. Its StartTime is, with the tid, the thread's identity.
func (p *Process) ThreadStat(tid int) (Stat, error) {
	return p.readStat("read stat of", tid, "task/"+strconv.Itoa(tid)+"/stat")
}

// ThreadStatus reads /proc/PID/task/TID/status.
func (p *Process) ThreadStatus(tid int) (Status, error) {
	text, err := p.readProc("task/"+strconv.Itoa(tid)+"/status", make([]byte, 0, 4096))
	if err != nil {
		return Status{}, wrap("read status of", p.pid, tid, err)
	}
	return ParseStatus(text), nil
}

// ThreadSchedstat reads a thread's CPU time in nanoseconds; the times in
// ThreadStat are ticks.
func (p *Process) ThreadSchedstat(tid int) (Schedstat, error) {
	var buf [128]byte
	text, err := p.readProc("task/"+strconv.Itoa(tid)+"/schedstat", buf[:0])
	if err != nil {
		return Schedstat{}, wrap("read schedstat of", p.pid, tid, err)
	}
	return ParseSchedstat(text), nil
}

// HasThread tells whether the process has a thread with this id that began
// at the given time (0: at any time).
func (p *Process) HasThread(tid int, start uint64) bool {
	if start == 0 {
		return p.exists("task/" + strconv.Itoa(tid))
	}
	s, err := p.ThreadStat(tid)
	return err == nil && s.StartTime == start
}
