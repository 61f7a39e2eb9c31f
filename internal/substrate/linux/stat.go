//go:build linux && (amd64 || arm64)

package linux

import "bytes"

// Stat is /proc/PID/stat, or /proc/PID/task/TID/stat for a thread. Times are
// in clock ticks (see ClockTicks), sizes in bytes unless said otherwise.
type Stat struct {
	PID        int    // pid, or tid of a thread
	Comm       string // name, up to 15 bytes
	State      byte   // R, S, D, T, t, Z, X, I
	PPID       int
	PGRP       int
	Session    int
	TTY        int
	TPGID      int
	Flags      uint64
	MinFlt     uint64
	CMinFlt    uint64
	MajFlt     uint64
	CMajFlt    uint64
	UTime      uint64 // user time, ticks
	STime      uint64 // system time, ticks
	CUTime     int64  // user time of waited-for children
	CSTime     int64
	Priority   int
	Nice       int
	NumThreads int
	StartTime  uint64 // ticks since boot; with the pid it is an identity
	VSize      uint64 // virtual size
	RSS        int64  // resident pages
	RSSLimit   uint64
	StartCode  uint64
	EndCode    uint64
	StartStack uint64
	KstkESP    uint64
	KstkEIP    uint64
	WChan      uint64
	ExitSignal int
	Processor  int // the CPU it last ran on
	RTPriority int
	Policy     int // SCHED_OTHER, SCHED_FIFO, ...
	DelayBlkIO uint64
	GuestTime  uint64
	CGuestTime int64
	StartData  uint64
	EndData    uint64
	StartBrk   uint64
	ArgStart   uint64
	ArgEnd     uint64
	EnvStart   uint64
	EnvEnd     uint64
	ExitCode   int
	Incomplete bool // the text ended early; fields after the end are zero
}

// ParseStat reads the text of a stat file. The name may hold any bytes, also
// blanks and parentheses, so it ends at the last parenthesis.
func ParseStat(text []byte) (Stat, bool) {
	var s Stat
	open := bytes.IndexByte(text, '(')
	end := bytes.LastIndexByte(text, ')')
	if open < 2 || end < open {
		return s, false
	}
	pid, rest := parseUint(text[:open])
	if len(rest) != 1 || rest[0] != ' ' {
		return s, false
	}
	s.PID = int(pid)
	s.Comm = string(text[open+1 : end])
	f := fields{text[end+1:]}
	state := f.next()
	if len(state) != 1 {
		return s, false
	}
	s.State = state[0]
	s.PPID = int(f.int())
	s.PGRP = int(f.int())
	s.Session = int(f.int())
	s.TTY = int(f.int())
	s.TPGID = int(f.int())
	s.Flags = f.uint()
	s.MinFlt = f.uint()
	s.CMinFlt = f.uint()
	s.MajFlt = f.uint()
	s.CMajFlt = f.uint()
	s.UTime = f.uint()
	s.STime = f.uint()
	s.CUTime = f.int()
	s.CSTime = f.int()
	s.Priority = int(f.int())
	s.Nice = int(f.int())
	s.NumThreads = int(f.int())
	f.next() // itrealvalue, always 0
	s.StartTime = f.uint()
	s.VSize = f.uint()
	s.RSS = f.int()
	s.RSSLimit = f.uint()
	s.StartCode = f.uint()
	s.EndCode = f.uint()
	s.StartStack = f.uint()
	s.KstkESP = f.uint()
	s.KstkEIP = f.uint()
	f.next() // the four signal sets are obsolete; Status has them
	f.next()
	f.next()
	f.next()
	s.WChan = f.uint()
	f.next() // nswap and cnswap are not kept by Linux
	f.next()
	s.ExitSignal = int(f.int())
	s.Processor = int(f.int())
	s.RTPriority = int(f.int())
	s.Policy = int(f.int())
	s.DelayBlkIO = f.uint()
	s.GuestTime = f.uint()
	s.CGuestTime = f.int()
	s.StartData = f.uint()
	s.EndData = f.uint()
	s.StartBrk = f.uint()
	s.ArgStart = f.uint()
	s.ArgEnd = f.uint()
	s.EnvStart = f.uint()
	s.EnvEnd = f.uint()
	last := f.next()
	s.ExitCode = int(parseInt(last))
	s.Incomplete = len(last) == 0
	return s, true
}

// Stat reads the process's /proc/PID/stat.
func (p *Process) Stat() (Stat, error) { return p.readStat("read stat of", 0, "stat") }

func (p *Process) readStat(op string, tid int, name string) (Stat, error) {
	var buf [1024]byte
	text, err := p.readProc(name, buf[:0])
	if err != nil {
		return Stat{}, wrap(op, p.pid, tid, err)
	}
	s, ok := ParseStat(text)
	if !ok {
		return s, wrap(op, p.pid, tid, errMalformed)
	}
	return s, nil
}
