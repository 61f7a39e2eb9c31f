//go:build linux && (amd64 || arm64)

package linux

import "errors"

var errMalformed = errors.New("malformed /proc text")

// Status is the part of /proc/PID/status that stat does not have. Sizes are
// in bytes.
type Status struct {
	Name                       string
	TGID, PID, PPID, TracerPID int
	UID                        [4]uint32 // real, effective, saved, file system
	GID                        [4]uint32
	Groups                     []uint32
	VMPeak, VMSize, VMLck      uint64
	VMPin, VMHWM, VMRSS        uint64
	RSSAnon, RSSFile, RSSShmem uint64
	VMData, VMStk, VMExe       uint64
	VMLib, VMPTE, VMSwap       uint64
	Threads                    int
	SigPnd, ShdPnd             uint64 // signals pending for the thread, the process
	SigBlk, SigIgn, SigCgt     uint64
	CapEff                     uint64
	Seccomp                    int
	VoluntarySwitches          uint64
	InvoluntarySwitches        uint64
}

// ParseStatus reads the text of a status file. Lines it does not know are
// skipped, as newer systems add some.
func ParseStatus(text []byte) Status {
	var s Status
	sizes := map[string]*uint64{
		"VmPeak": &s.VMPeak, "VmSize": &s.VMSize, "VmLck": &s.VMLck, "VmPin": &s.VMPin,
		"VmHWM": &s.VMHWM, "VmRSS": &s.VMRSS, "RssAnon": &s.RSSAnon, "RssFile": &s.RSSFile,
		"RssShmem": &s.RSSShmem, "VmData": &s.VMData, "VmStk": &s.VMStk, "VmExe": &s.VMExe,
		"VmLib": &s.VMLib, "VmPTE": &s.VMPTE, "VmSwap": &s.VMSwap,
	}
	sets := map[string]*uint64{
		"SigPnd": &s.SigPnd, "ShdPnd": &s.ShdPnd, "SigBlk": &s.SigBlk,
		"SigIgn": &s.SigIgn, "SigCgt": &s.SigCgt, "CapEff": &s.CapEff,
	}
	counts := map[string]*int{
		"Tgid": &s.TGID, "Pid": &s.PID, "PPid": &s.PPID, "TracerPid": &s.TracerPID,
		"Threads": &s.Threads, "Seccomp": &s.Seccomp,
	}
	eachKey(text, func(key string, value []byte) {
		if to := sizes[key]; to != nil {
			*to = kilobytes(value)
		} else if to := sets[key]; to != nil {
			*to, _ = parseHex(value)
		} else if to := counts[key]; to != nil {
			*to = int(parseInt(value))
		}
		switch key {
		case "Name":
			s.Name = string(value)
		case "Uid":
			s.UID = parseIDs(value)
		case "Gid":
			s.GID = parseIDs(value)
		case "Groups":
			f := fields{value}
			for w := f.next(); len(w) > 0; w = f.next() {
				n, _ := parseUint(w)
				s.Groups = append(s.Groups, uint32(n))
			}
		case "voluntary_ctxt_switches":
			s.VoluntarySwitches, _ = parseUint(value)
		case "nonvoluntary_ctxt_switches":
			s.InvoluntarySwitches, _ = parseUint(value)
		}
	})
	return s
}

func parseIDs(value []byte) (ids [4]uint32) {
	f := fields{value}
	for i := range ids {
		ids[i] = uint32(f.uint())
	}
	return ids
}

// Status reads the process's /proc/PID/status.
func (p *Process) Status() (Status, error) {
	text, err := p.readProc("status", make([]byte, 0, 4096))
	if err != nil {
		return Status{}, wrap("read status of", p.pid, 0, err)
	}
	return ParseStatus(text), nil
}
