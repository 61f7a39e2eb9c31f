package exc

// Signal is a signal by Darwin's number, whatever system the program runs on:
// [syscall.Signal] has the numbers of that system.
//
// Header: <sys/signal.h>.
type Signal int

// String is the C name, such as SIGABRT, or Signal(n).
func (s Signal) String() string { return nameIn(signals[:], "Signal", s) }

// ParseSignal is the signal of a C name, or of what String gives. Its error is a
// [*github.com/gomach/mach.UnknownNameError].
func ParseSignal(s string) (Signal, error) { return parseIn(signals[:], "Signal", s) }

var signals = [...]name[Signal]{
	{1, "SIGHUP"}, {2, "SIGINT"}, {3, "SIGQUIT"}, {4, "SIGILL"}, {5, "SIGTRAP"},
	{6, "SIGABRT"}, {7, "SIGEMT"}, {8, "SIGFPE"}, {9, "SIGKILL"}, {10, "SIGBUS"},
	{11, "SIGSEGV"}, {12, "SIGSYS"}, {13, "SIGPIPE"}, {14, "SIGALRM"}, {15, "SIGTERM"},
	{16, "SIGURG"}, {17, "SIGSTOP"}, {18, "SIGTSTP"}, {19, "SIGCONT"}, {20, "SIGCHLD"},
	{21, "SIGTTIN"}, {22, "SIGTTOU"}, {23, "SIGIO"}, {24, "SIGXCPU"}, {25, "SIGXFSZ"},
	{26, "SIGVTALRM"}, {27, "SIGPROF"}, {28, "SIGWINCH"}, {29, "SIGINFO"}, {30, "SIGUSR1"},
	{31, "SIGUSR2"},
	{6, "SIGIOT"}, // the older name
}
