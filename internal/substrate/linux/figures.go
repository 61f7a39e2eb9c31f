//go:build linux && (amd64 || arm64)

package linux

// Statm is /proc/PID/statm, in pages.
type Statm struct{ Size, Resident, Shared, Text, Data uint64 }

// ParseStatm reads the text of a statm file.
func ParseStatm(text []byte) Statm {
	f := fields{text}
	var m Statm
	m.Size = f.uint()
	m.Resident = f.uint()
	m.Shared = f.uint()
	m.Text = f.uint()
	f.next() // lib, always 0
	m.Data = f.uint()
	return m
}

// Statm reads the process's memory figures, cheaply.
func (p *Process) Statm() (Statm, error) {
	var buf [256]byte
	text, err := p.readProc("statm", buf[:0])
	if err != nil {
		return Statm{}, wrap("read statm of", p.pid, 0, err)
	}
	return ParseStatm(text), nil
}

// IO is /proc/PID/io: bytes and calls since the process began.
type IO struct {
	ReadChars, WriteChars uint64 // through any read or write call
	ReadCalls, WriteCalls uint64
	ReadBytes, WriteBytes uint64 // that reached the storage layer
	CancelledWriteBytes   uint64
}

// ParseIO reads the text of an io file.
func ParseIO(text []byte) IO {
	var x IO
	eachKey(text, func(key string, value []byte) {
		n, _ := parseUint(value)
		switch key {
		case "rchar":
			x.ReadChars = n
		case "wchar":
			x.WriteChars = n
		case "syscr":
			x.ReadCalls = n
		case "syscw":
			x.WriteCalls = n
		case "read_bytes":
			x.ReadBytes = n
		case "write_bytes":
			x.WriteBytes = n
		case "cancelled_write_bytes":
			x.CancelledWriteBytes = n
		}
	})
	return x
}

// IO reads the process's input and output figures.
func (p *Process) IO() (IO, error) {
	var buf [512]byte
	text, err := p.readProc("io", buf[:0])
	if err != nil {
		return IO{}, wrap("read io of", p.pid, 0, err)
	}
	return ParseIO(text), nil
}

// Schedstat is a thread's or process's schedstat: nanoseconds on a CPU and
// waiting for one, and the number of time slices. For a process it tells of
// its first thread alone.
type Schedstat struct{ Run, Wait, Slices uint64 }

// ParseSchedstat reads the text of a schedstat file.
func ParseSchedstat(text []byte) Schedstat {
	f := fields{text}
	var s Schedstat
	s.Run = f.uint()
	s.Wait = f.uint()
	s.Slices = f.uint()
	return s
}
