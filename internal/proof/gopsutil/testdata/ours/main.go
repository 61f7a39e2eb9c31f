// Command ours prints what the machine's processors and memory do, and reads the
// processors a few times more, to be counted.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/gomach/mach/internal/proof/gopsutil"
)

func main() {
	cpus, err := gopsutil.Times(true)
	check(err)
	total, err := gopsutil.Times(false)
	check(err)
	memory, err := gopsutil.VirtualMemory()
	check(err)
	for range 10 {
		_, err := gopsutil.Times(true)
		check(err)
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"cpus": cpus, "total": total, "memory": memory}))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
