//go:build linux && (amd64 || arm64)

package linux

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// A process's first thread can end before the others (pthread_exit in main).
// Its /proc/PID/maps, mem and kin are then empty, and process_vm_readv on the
// pid fails, though the memory is there: any other thread gives access to it.

// bearer gives the id of a thread through which to reach the memory.
func (p *Process) bearer() int {
	if tid := p.live.Load(); tid != 0 {
		return int(tid)
	}
	return p.pid
}

// newBearer looks for another thread to reach the memory through, and tells
// whether it found one.
func (p *Process) newBearer() bool {
	if p.Exited() {
		return false
	}
	now := p.bearer()
	if s, err := p.ThreadStat(now); err == nil && s.State != 'Z' && s.State != 'X' {
		return false // the one that we have will do
	}
	tids, err := p.ThreadIDs(nil)
	if err != nil {
		return false
	}
	for _, tid := range tids {
		if s, err := p.ThreadStat(tid); err == nil && s.State != 'Z' && s.State != 'X' {
			p.live.Store(int64(tid))
			return true
		}
	}
	return false
}

// otherBearer tells whether to try again after the bearer was found without
// memory. In an execve all threads end but its caller, which then gets the
// first one's id: whoever is found alive may have ended, or changed its id, when
// it is asked. So it says yes a few times, over some milliseconds.
func (p *Process) otherBearer(tries *int) bool {
	*tries++
	if *tries > 80 || p.Exited() || kernelThread(p.pid) {
		return false
	}
	if !p.newBearer() {
		pause(*tries)
	}
	return true
}

// openMemory opens one of the files that show the process's memory.
func (p *Process) openMemory(name string, flags int) (int, error) {
	for tries := 0; ; {
		fd, err := p.openProc(p.memoryName(name), flags)
		if err != unix.ESRCH && err != unix.ENOENT && err != unix.EACCES || !p.otherBearer(&tries) {
			return fd, err
		}
		if err == unix.EACCES && tries > 3 {
			return fd, err
		}
	}
}

func (p *Process) memoryName(name string) string {
	if tid := p.live.Load(); tid != 0 {
		return "task/" + strconv.FormatInt(tid, 10) + "/" + name
	}
	return name
}
