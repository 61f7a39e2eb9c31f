package exc

import "strconv"

// ExitReason is why a process was ended: a space of reasons, and a number in it.
//
// Header: <sys/reason.h>.
type ExitReason struct {
	Namespace ExitNamespace
	Code      uint64
}

// String is the C name of the space, and the code: by name in the spaces whose
// names the kernel's headers have (signals, code signing, exec), else a number.
func (r ExitReason) String() string {
	n := int(r.Code)
	switch code := strconv.FormatUint(r.Code, 10); {
	case uint64(n) != r.Code || n < 0:
		return r.Namespace.String() + " " + code
	case r.Namespace == reasonSignal:
		return r.Namespace.String() + " " + Signal(n).String()
	case r.Namespace == reasonCodesigning:
		return r.Namespace.String() + " " + named(codesigningReasons[:], n)
	case r.Namespace == reasonExec:
		return r.Namespace.String() + " " + named(execReasons[:], n)
	default:
		return r.Namespace.String() + " " + code
	}
}

// named is the name of n or n.
func named(names []name[int], n int) string {
	for i := range names {
		if names[i].value == n {
			return names[i].text
		}
	}
	return strconv.Itoa(n)
}

// ExitNamespace is a space of reasons, OS_REASON_SIGNAL and its like.
type ExitNamespace uint32

const (
	reasonSignal      ExitNamespace = 2
	reasonCodesigning ExitNamespace = 3
	reasonExec        ExitNamespace = 9
)

// String is the C name, such as OS_REASON_SIGNAL, or ExitNamespace(n).
func (n ExitNamespace) String() string {
	return nameIn(exitNamespaces[:], "ExitNamespace", n)
}

// ParseExitNamespace is the value of a C name, or of what String gives. Its
// error is a [*github.com/gomach/mach.UnknownNameError].
func ParseExitNamespace(s string) (ExitNamespace, error) {
	return parseIn(exitNamespaces[:], "ExitNamespace", s)
}

var exitNamespaces = [...]name[ExitNamespace]{
	{0, "OS_REASON_INVALID"},
	{1, "OS_REASON_JETSAM"},
	{2, "OS_REASON_SIGNAL"},
	{3, "OS_REASON_CODESIGNING"},
	{4, "OS_REASON_HANGTRACER"},
	{5, "OS_REASON_TEST"},
	{6, "OS_REASON_DYLD"},
	{7, "OS_REASON_LIBXPC"},
	{8, "OS_REASON_OBJC"},
	{9, "OS_REASON_EXEC"},
	{10, "OS_REASON_SPRINGBOARD"},
	{11, "OS_REASON_TCC"},
	{12, "OS_REASON_REPORTCRASH"},
	{13, "OS_REASON_COREANIMATION"},
	{14, "OS_REASON_AGGREGATED"},
	{15, "OS_REASON_RUNNINGBOARD"},
	{16, "OS_REASON_SKYWALK"},
	{17, "OS_REASON_SETTINGS"},
	{18, "OS_REASON_LIBSYSTEM"},
	{19, "OS_REASON_FOUNDATION"},
	{20, "OS_REASON_WATCHDOG"},
	{21, "OS_REASON_METAL"},
	{22, "OS_REASON_WATCHKIT"},
	{23, "OS_REASON_GUARD"},
	{24, "OS_REASON_ANALYTICS"},
	{25, "OS_REASON_SANDBOX"},
	{26, "OS_REASON_SECURITY"},
	{27, "OS_REASON_ENDPOINTSECURITY"},
	{28, "OS_REASON_PAC_EXCEPTION"},
	{29, "OS_REASON_BLUETOOTH_CHIP"},
	{30, "OS_REASON_PORT_SPACE"},
	{31, "OS_REASON_WEBKIT"},
	{32, "OS_REASON_BACKLIGHTSERVICES"},
	{33, "OS_REASON_MEDIA"},
	{34, "OS_REASON_ROSETTA"},
	{35, "OS_REASON_LIBIGNITION"},
	{36, "OS_REASON_BOOTMOUNT"},
	{38, "OS_REASON_REALITYKIT"},
	{39, "OS_REASON_AUDIO"},
	{40, "OS_REASON_WAKEBOARD"},
	{41, "OS_REASON_CORERC"},
	{42, "OS_REASON_SELF_RESTRICT"},
	{43, "OS_REASON_ARKIT"},
	{15, "OS_REASON_ASSERTIOND"}, // the older name
}

var codesigningReasons = [...]name[int]{
	{1, "CODESIGNING_EXIT_REASON_TASKGATED_INVALID_SIG"},
	{2, "CODESIGNING_EXIT_REASON_INVALID_PAGE"},
	{3, "CODESIGNING_EXIT_REASON_TASK_ACCESS_PORT"},
	{4, "CODESIGNING_EXIT_REASON_LAUNCH_CONSTRAINT_VIOLATION"},
}

var execReasons = [...]name[int]{
	{1, "EXEC_EXIT_REASON_BAD_MACHO"},
	{2, "EXEC_EXIT_REASON_SUGID_FAILURE"},
	{3, "EXEC_EXIT_REASON_ACTV_THREADSTATE"},
	{4, "EXEC_EXIT_REASON_STACK_ALLOC"},
	{5, "EXEC_EXIT_REASON_APPLE_STRING_INIT"},
	{6, "EXEC_EXIT_REASON_COPYOUT_STRINGS"},
	{7, "EXEC_EXIT_REASON_COPYOUT_DYNLINKER"},
	{8, "EXEC_EXIT_REASON_SECURITY_POLICY"},
	{9, "EXEC_EXIT_REASON_TASKGATED_OTHER"},
	{10, "EXEC_EXIT_REASON_FAIRPLAY_DECRYPT"},
	{11, "EXEC_EXIT_REASON_DECRYPT"},
	{12, "EXEC_EXIT_REASON_UPX"},
	{13, "EXEC_EXIT_REASON_NO32EXEC"},
	{14, "EXEC_EXIT_REASON_WRONG_PLATFORM"},
	{15, "EXEC_EXIT_REASON_MAIN_FD_ALLOC"},
	{16, "EXEC_EXIT_REASON_COPYOUT_ROSETTA"},
	{17, "EXEC_EXIT_REASON_SET_DYLD_INFO"},
	{18, "EXEC_EXIT_REASON_MACHINE_THREAD"},
	{19, "EXEC_EXIT_REASON_BAD_PSATTR"},
	{21, "EXEC_EXIT_REASON_MAP_EXEC_FAILURE"},
}
