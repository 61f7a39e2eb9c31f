//go:build ignore

// A program of the host between two guests: it gets nothing of the first one's kernel, and what
// it starts has a kernel of its own.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/gomach/mach"
)

func find(pid int) string {
	var t mach.MachPort
	if err := mach.TaskForPID(mach.MachTaskSelf(), int32(pid), &t); err != nil {
		return err.Error()
	}
	return "found"
}

func main() {
	if len(os.Args) == 4 { // the guest behind
		pid, _ := strconv.Atoi(os.Args[2])
		var p mach.MachPort
		err := mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, &p)
		fmt.Println("behind: a port:", err, "itself:", find(os.Getpid()), "the one before:", find(pid))
		if os.Args[3] == "more" {
			run(os.Args[0], os.Args[1], os.Args[2], "last")
		}
		return
	}
	fmt.Println("first: itself:", find(os.Getpid()))
	// $0 is the runner.
	const script = `for fd in /proc/$$/fd/*; do readlink $fd; done | grep -c 'socket:\|eventpoll'; exec "$0" -host-programs "$@"`
	run("/bin/sh", "-c", script, os.Args[1], os.Args[0], os.Args[1], strconv.Itoa(os.Getpid()), "more")
	run(os.Args[0], os.Args[1], strconv.Itoa(os.Getpid()), "last")
}

func run(name string, args ...string) {
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
