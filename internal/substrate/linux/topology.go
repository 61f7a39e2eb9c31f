//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"sort"
	"strconv"
)

// Processor is one logical processor of /proc/cpuinfo. Its Fields have the
// rest by name: "model name", "flags", "Features", ...
type Processor struct {
	Number   int
	Package  int // "physical id", or -1 if not told
	Core     int // "core id" within the package, or -1 if not told
	Model    string
	Vendor   string
	Family   int
	ModelNo  int
	Stepping int
	KHz      uint64 // at the moment, 0 if not told
	Fields   map[string]string
}

// Topology is what the machine has.
type Topology struct {
	Processors []Processor // those on line, by number
	Packages   int
	Cores      int // physical cores
	Possible   int // logical processors that can ever be on line
}

// ParseCPUInfo reads the text of /proc/cpuinfo.
func ParseCPUInfo(text []byte) []Processor {
	var out []Processor
	var common map[string]string // fields outside any block
	var at *Processor
	eachLine(text, func(line []byte) {
		i := bytes.IndexByte(line, ':')
		if i < 0 {
			at = nil
			return
		}
		key := string(bytes.TrimSpace(line[:i]))
		value := string(bytes.TrimSpace(line[i+1:]))
		if key == "processor" {
			n, _ := parseUint([]byte(value))
			out = append(out, Processor{Number: int(n), Package: -1, Core: -1, Fields: map[string]string{}})
			at = &out[len(out)-1]
			return
		}
		if at == nil {
			if common == nil {
				common = map[string]string{}
			}
			common[key] = value
			return
		}
		at.set(key, value)
	})
	for i := range out {
		for key, value := range common {
			if _, have := out[i].Fields[key]; !have {
				out[i].set(key, value)
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Number < out[j].Number })
	return out
}

func (c *Processor) set(key, value string) {
	c.Fields[key] = value
	n := int(parseInt([]byte(value)))
	switch key {
	case "physical id":
		c.Package = n
	case "core id":
		c.Core = n
	case "model name":
		c.Model = value
	case "vendor_id":
		c.Vendor = value
	case "cpu family":
		c.Family = n
	case "model":
		c.ModelNo = n
	case "stepping":
		c.Stepping = n
	case "cpu MHz":
		c.KHz = parseThousandths([]byte(value))
	}
}

// ReadTopology reads /proc/cpuinfo and what /sys adds to it.
func ReadTopology() (Topology, error) {
	text, err := readFile("/proc/cpuinfo", make([]byte, 0, 16<<10))
	if err != nil {
		return Topology{}, err
	}
	t := Topology{Processors: ParseCPUInfo(text)}
	packages, cores := map[int]bool{}, map[[2]int]bool{}
	for i := range t.Processors {
		c := &t.Processors[i]
		c.fromSys()
		packages[c.Package] = true
		core := c.Core
		if core < 0 {
			core = ^c.Number // not told: a core of its own
		}
		cores[[2]int{c.Package, core}] = true
	}
	t.Packages, t.Cores = len(packages), len(cores)
	t.Possible = len(t.Processors)
	if list, err := readFile("/sys/devices/system/cpu/possible", nil); err == nil {
		t.Possible = max(t.Possible, countList(list))
	}
	return t, nil
}

// fromSys fills in what arm64's cpuinfo lacks.
func (c *Processor) fromSys() {
	dir := "/sys/devices/system/cpu/cpu" + strconv.Itoa(c.Number) + "/topology/"
	for _, x := range []struct {
		to   *int
		file string
	}{{&c.Package, "physical_package_id"}, {&c.Core, "core_id"}} {
		if *x.to >= 0 {
			continue
		}
		if text, err := readFile(dir+x.file, nil); err == nil {
			*x.to = int(parseInt(bytes.TrimSpace(text)))
		}
	}
}

// countList counts the members of a kernel CPU list: "0-3,8".
func countList(text []byte) int {
	n := uint64(0)
	for _, part := range bytes.Split(bytes.TrimSpace(text), []byte{','}) {
		first, rest := parseUint(part)
		last := first
		if len(rest) > 1 && rest[0] == '-' {
			last, _ = parseUint(rest[1:])
		}
		if len(part) > 0 && last >= first && last-first < 1<<20 {
			n += last - first + 1
		}
	}
	return int(n)
}
