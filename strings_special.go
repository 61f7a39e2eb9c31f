package mach

import (
	"runtime"
	"strconv"
	"strings"
)

// String is the C names of the protections, joined by "|".
func (v VMProt) String() string { return flagsString(namesVMProt[:], v) }

// Short is the protection as vmmap and ls write it: "rwx" with a "-" for what is
// not allowed. Other bits do not show.
func (v VMProt) Short() string {
	b := []byte("---")
	for i, p := range [...]VMProt{VM_PROT_READ, VM_PROT_WRITE, VM_PROT_EXECUTE} {
		if v&p != 0 {
			b[i] = "rwx"[i]
		}
	}
	return string(b)
}

// ParseVMProt is the protection that C names joined by "|" stand for, or the
// three letters of [VMProt.Short].
func ParseVMProt(s string) (VMProt, error) {
	if len(s) == 3 {
		var v VMProt
		good := true
		for i, p := range [...]VMProt{VM_PROT_READ, VM_PROT_WRITE, VM_PROT_EXECUTE} {
			switch s[i] {
			case "rwx"[i]:
				v |= p
			case '-':
			default:
				good = false
			}
		}
		if good {
			return v, nil
		}
	}
	return parseFlags[VMProt](namesVMProt[:], "VMProt", s)
}

// String is the C names of the options, joined by "|". The trailer that a
// receive asks for shows as MACH_RCV_TRAILER_ELEMENTS(3), by number.
func (v MachMsgOption) String() string {
	const trailer = 0xf << 24
	if v&trailer == 0 {
		return flagsString(namesMachMsgOption[:], v)
	}
	s := trailerElements + strconv.Itoa(int(GetRcvElements(v))) + ")"
	if rest := v &^ trailer; rest != 0 {
		return flagsString(namesMachMsgOption[:], rest) + "|" + s
	}
	return s
}

const trailerElements = "MACH_RCV_TRAILER_ELEMENTS("

// ParseMachMsgOption is the value of C names joined by "|", as
// [MachMsgOption.String] writes them.
func ParseMachMsgOption(s string) (MachMsgOption, error) {
	var v MachMsgOption
	for word := range strings.SplitSeq(s, "|") {
		if n, ok := strings.CutPrefix(strings.TrimSpace(word), trailerElements); ok {
			e, err := strconv.ParseUint(strings.TrimSuffix(n, ")"), 10, 4)
			if err != nil {
				return 0, &UnknownNameError{"MachMsgOption", s}
			}
			v |= MachRcvTrailerElements(uint32(e))
			continue
		}
		bits, err := parseName[MachMsgOption](namesMachMsgOption[:], "MachMsgOption", word)
		if err != nil {
			return 0, &UnknownNameError{"MachMsgOption", s}
		}
		v |= bits
	}
	return v, nil
}

// String is the C name of the behavior and those of its modifiers, joined by
// "|".
func (v ExceptionBehavior) String() string {
	mask := bitsOf(MACH_EXCEPTION_MASK)
	bits := bitsOf(v)
	s := enumString(namesExceptionBehavior[:], "ExceptionBehavior", ExceptionBehavior(bits&^mask))
	if bits&mask == 0 {
		return s
	}
	return s + "|" + flagsString(namesExceptionBehavior[:], ExceptionBehavior(bits&mask))
}

// ParseExceptionBehavior is the value of C names joined by "|".
func ParseExceptionBehavior(s string) (ExceptionBehavior, error) {
	return parseFlags[ExceptionBehavior](namesExceptionBehavior[:], "ExceptionBehavior", s)
}

// String is the C name of the flavor in the CPU family that the program is
// built for, since the families number their flavors on their own. See
// [ThreadStateFlavor.ARM] and [ThreadStateFlavor.X86].
func (v ThreadStateFlavor) String() string {
	if runtime.GOARCH == "amd64" {
		return v.X86()
	}
	return v.ARM()
}

// ARM is the C name of the flavor on arm and arm64.
func (v ThreadStateFlavor) ARM() string {
	if v == armThreadStateNone {
		return "THREAD_STATE_NONE"
	}
	return flavorString(v, "ARM_")
}

// X86 is the C name of the flavor on i386 and x86_64.
func (v ThreadStateFlavor) X86() string {
	if v == x86ThreadStateNone {
		return "THREAD_STATE_NONE"
	}
	return flavorString(v, "x86_")
}

// flavorString finds names that begin with family or belong to none.
func flavorString(v ThreadStateFlavor, family string) string {
	for i := range namesThreadStateFlavor {
		n := &namesThreadStateFlavor[i]
		if n.value == int64(v) && (strings.HasPrefix(n.name, family) || strings.HasPrefix(n.name, "THREAD_STATE_FLAVOR_LIST")) {
			return n.name
		}
	}
	return "ThreadStateFlavor(" + strconv.Itoa(int(v)) + ")"
}

// ParseThreadStateFlavor is the value of a C name of either CPU family.
func ParseThreadStateFlavor(s string) (ThreadStateFlavor, error) {
	return parseName[ThreadStateFlavor](namesThreadStateFlavor[:], "ThreadStateFlavor", s)
}

// String is the C name of the flavor. HostInfo and HostStatistics number theirs
// alike, so there may be two names, joined by "/". See
// [HostFlavor.Info] and [HostFlavor.Statistics].
func (v HostFlavor) String() string {
	info, stat := hostFlavor(v, false), hostFlavor(v, true)
	switch {
	case info == "" && stat == "":
		return "HostFlavor(" + strconv.Itoa(int(v)) + ")"
	case info == "":
		return stat
	case stat == "":
		return info
	}
	return info + "/" + stat
}

// Info is the C name of the flavor in [HostInfo].
func (v HostFlavor) Info() string {
	if s := hostFlavor(v, false); s != "" {
		return s
	}
	return "HostFlavor(" + strconv.Itoa(int(v)) + ")"
}

// Statistics is the C name of the flavor in [HostStatistics] and
// [HostStatistics64].
func (v HostFlavor) Statistics() string {
	if s := hostFlavor(v, true); s != "" {
		return s
	}
	return "HostFlavor(" + strconv.Itoa(int(v)) + ")"
}

func hostFlavor(v HostFlavor, statistics bool) string {
	for i := range namesHostFlavor {
		n := &namesHostFlavor[i]
		switch n.name {
		case "HOST_LOAD_INFO", "HOST_VM_INFO", "HOST_CPU_LOAD_INFO", "HOST_VM_INFO64", "HOST_EXTMOD_INFO64", "HOST_EXPIRED_TASK_INFO":
			if !statistics {
				continue
			}
		default:
			if statistics {
				continue
			}
		}
		if n.value == int64(v) {
			return n.name
		}
	}
	return ""
}

// ParseHostFlavor is the value of a C name of either kind, or of the two that
// [HostFlavor.String] joins.
func ParseHostFlavor(s string) (HostFlavor, error) {
	first, second, two := strings.Cut(s, "/")
	v, err := parseName[HostFlavor](namesHostFlavor[:], "HostFlavor", first)
	if err == nil && two {
		var w HostFlavor
		if w, err = parseName[HostFlavor](namesHostFlavor[:], "HostFlavor", second); v != w {
			err = &UnknownNameError{"HostFlavor", s}
		}
	}
	if err != nil {
		return 0, &UnknownNameError{"HostFlavor", s}
	}
	return v, nil
}
