//go:build linux && (amd64 || arm64)

package linux

import "bytes"

// Interrupts are what one processor has been interrupted by since boot.
type Interrupts struct {
	CPU    int
	All    uint64
	Timer  uint64 // its own clock
	Others uint64 // other processors: inter-processor interrupts
}

// ReadInterrupts reads /proc/interrupts: the processors that are on line.
func ReadInterrupts() ([]Interrupts, error) {
	text, err := readFile("/proc/interrupts", make([]byte, 0, 16<<10))
	if err != nil {
		return nil, err
	}
	return ParseInterrupts(text), nil
}

// ParseInterrupts reads the text of /proc/interrupts: a line with the
// processors, and for each kind of interrupt a label, a count for each
// processor, and what it is.
func ParseInterrupts(text []byte) (cpus []Interrupts) {
	eachLine(text, func(line []byte) {
		f := fields{line}
		if cpus == nil {
			for key := f.next(); len(key) > 0; key = f.next() {
				number, ok := bytes.CutPrefix(key, []byte("CPU"))
				n, rest := parseUint(number)
				if !ok || len(number) == 0 || len(rest) > 0 {
					return
				}
				cpus = append(cpus, Interrupts{CPU: int(n)})
			}
			return
		}
		label := bytes.TrimSuffix(f.next(), []byte(":"))
		counts := make([]uint64, len(cpus))
		for i := range counts {
			key := f.next()
			n, rest := parseUint(key)
			if len(key) == 0 || len(rest) > 0 {
				return // ERR and MIS are counted for the whole machine
			}
			counts[i] = n
		}
		timer := string(label) == "LOC" || bytes.Contains(line, []byte("arch_timer"))
		others := bytes.HasPrefix(label, []byte("IPI"))
		switch string(label) {
		case "RES", "CAL", "TLB":
			others = true
		}
		for i, n := range counts {
			cpus[i].All += n
			if timer {
				cpus[i].Timer += n
			}
			if others {
				cpus[i].Others += n
			}
		}
	})
	return cpus
}
