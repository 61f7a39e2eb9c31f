package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gomach/mach"
)

// errInterrupted ends a dump that a signal breaks off.
type errInterrupted struct{ os.Signal }

func (e errInterrupted) Error() string { return "stopped by " + e.Signal.String() }

// capture reads the registers of all threads of a process. The process is
// stopped only meanwhile, and goes on however this ends.
func capture(pid int32, stop <-chan os.Signal) (states []registers, err error) {
	if pid == int32(os.Getpid()) {
		return nil, errors.New("that is this very program: suspending itself, it could not go on")
	}
	self := mach.MachTaskSelf()
	var task mach.MachPort
	if err := mach.TaskForPID(self, pid, &task); err != nil {
		return nil, explain(pid, err)
	}
	defer mach.MachPortDeallocate(self, task)

	if err := mach.TaskSuspend(task); err != nil {
		return nil, failed(pid, task, err)
	}
	defer func() {
		// A target that has ended meanwhile needs no resuming.
		if e := mach.TaskResume(task); e != nil && err == nil && !gone(pid, task) {
			err = fmt.Errorf("resume process %d: %w", pid, e)
		}
	}()

	threads, release, err := listThreads(task)
	if err != nil {
		return nil, failed(pid, task, err)
	}
	defer release()
	for _, thread := range threads {
		select {
		case s := <-stop:
			return nil, errInterrupted{s}
		default:
		}
		r := read(thread)
		if r.err != nil && gone(pid, task) {
			return nil, errGone(pid)
		}
		states = append(states, r)
	}
	return states, nil
}

func print(w io.Writer, pid int32, states []registers) {
	fmt.Fprintf(w, "process %d: %d threads\n", pid, len(states))
	for i := range states {
		states[i].print(w, i)
	}
}

// listThreads returns the task's threads, and what gives them back: a right
// for each, and the memory of the list, which is ours and not the target's.
func listThreads(task mach.MachPort) ([]mach.ThreadAct, func(), error) {
	var list *mach.ThreadAct
	var count mach.MachMsgTypeNumber
	if err := mach.TaskThreads(task, &list, &count); err != nil {
		return nil, nil, err
	}
	threads := mach.Slice(list, count)
	return threads, func() {
		self := mach.MachTaskSelf()
		for _, thread := range threads {
			mach.MachPortDeallocate(self, thread)
		}
		mach.MachVMDeallocate(self, mach.AddressOf(list), mach.SizeOf[mach.ThreadAct](count))
	}, nil
}

// gone tells whether the process behind a task port has ended.
func gone(pid int32, task mach.MachPort) bool {
	return taskGone(task) || !exists(pid) || ended(pid)
}

// taskGone tells whether the process behind a task port has ended: the port
// is dead then.
func taskGone(task mach.MachPort) bool {
	var pid int32
	return mach.PIDForTask(task, &pid) != nil
}
