//go:build linux && (amd64 || arm64)

package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/linux"
)

// BenchmarkRegions: all regions of a process with 10,000 mappings, against
// /proc/PID/maps, read and parsed with the standard library, and with this
// project's own parser.
func BenchmarkRegions(b *testing.B) {
	const count = 10_000
	x := startTarget(b, "maps", count)
	task := x.port()
	name := fmt.Sprintf("/proc/%d/maps", x.pid())
	enough := func(n int) {
		if n < count {
			b.Fatal(n)
		}
	}
	contest(b, contestant{"mach_vm_region", func() {
		n, err := walk(task)
		must(b, err)
		enough(n)
	}}, contestant{"maps", func() {
		text, err := os.ReadFile(name)
		must(b, err)
		n := 0
		for line := range bytes.Lines(text) {
			must(b, parse(line))
			n++
		}
		enough(n)
	}}, contestant{"own_parser", func() {
		text, err := os.ReadFile(name)
		must(b, err)
		n := 0
		for line := range bytes.Lines(text) {
			var m linux.Mapping
			if !linux.ParseMapping(line[:len(line)-1], &m) {
				b.Fatalf("%q", line)
			}
			n++
		}
		enough(n)
	}})
}

// walk visits all regions.
func walk(task mach.MachPort) (n int, err error) {
	var addr mach.MachVMAddress
	var size mach.MachVMSize
	var info mach.VMRegionBasicInfo64
	var object mach.MachPort
	for {
		words := mach.VM_REGION_BASIC_INFO_COUNT_64
		err := mach.MachVMRegion(task, &addr, &size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &words, &object)
		if err == error(mach.KERN_INVALID_ADDRESS) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		addr += size
		n++
	}
}

// parse takes a line of a maps file apart.
func parse(line []byte) error {
	fields := bytes.Fields(line)
	from, to, _ := bytes.Cut(fields[0], []byte("-"))
	for _, f := range []struct {
		text []byte
		base int
	}{{from, 16}, {to, 16}, {fields[2], 16}, {fields[4], 10}} {
		if _, err := strconv.ParseUint(string(f.text), f.base, 64); err != nil {
			return err
		}
	}
	if len(fields[1]) != 4 {
		return fmt.Errorf("protection %q", fields[1])
	}
	return nil
}
