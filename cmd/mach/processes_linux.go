package main

import (
	"os"
	"strconv"
	"strings"
)

// processes lists what runs, by the names that the kernel has for it.
func processes() ([]process, error) {
	dir, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var out []process
	for _, e := range dir {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if b, err := os.ReadFile("/proc/" + e.Name() + "/comm"); err == nil { // or it has ended
			out = append(out, process{pid, strings.TrimSuffix(string(b), "\n")})
		}
	}
	return out, nil
}
