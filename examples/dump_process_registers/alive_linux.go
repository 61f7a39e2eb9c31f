package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ended tells whether a process is a zombie: all of it, and not its first
// thread alone.
func ended(pid int32) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(int(pid)) + "/stat")
	if err != nil {
		return false
	}
	// The state follows the name, which may hold any character.
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	return len(f) > 17 && f[0] == "Z" && f[17] == "1" // state and num_threads, proc(5)
}

// exists tells whether there is such a process, whoever it belongs to.
func exists(pid int32) bool {
	err := syscall.Kill(int(pid), 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
