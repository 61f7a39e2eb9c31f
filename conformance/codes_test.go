package conformance_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strings"

	"github.com/gomach/mach"
)

// documented reads which error codes the texts of internal/gen/doc name for
// each function. A record begins with "name class"; a text that names the
// errors of another function is not followed.
func documented() (map[string][]string, error) {
	files, err := filepath.Glob(filepath.Join("..", "internal", "gen", "doc", "*.txt"))
	if err != nil || len(files) == 0 {
		return nil, os.ErrNotExist
	}
	head := regexp.MustCompile(`^([_a-z][_A-Za-z0-9]*) (short|task|host|port|block)$`)
	code := regexp.MustCompile(`\{((?:KERN|MACH_SEND|MACH_RCV|MIG|BOOTSTRAP|NETNAME)_[A-Z_]+)\}`)
	out := map[string][]string{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		fn := ""
		for s := bufio.NewScanner(strings.NewReader(string(b))); s.Scan(); {
			if m := head.FindStringSubmatch(s.Text()); m != nil {
				fn = m[1]
			} else if strings.HasPrefix(s.Text(), "\t") {
				for _, m := range code.FindAllStringSubmatch(s.Text(), -1) {
					if _, known := codeNames[m[1]]; known {
						out[fn] = append(out[fn], m[1])
					}
				}
			}
		}
	}
	return out, nil
}

// excused reads testdata/unprovoked.txt: "function CODE reason" a line, where
// the function may be * and the code too.
func excused() (map[string]string, error) {
	b, err := os.ReadFile(filepath.Join("testdata", "unprovoked.txt"))
	out := map[string]string{}
	for _, line := range strings.Split(string(b), "\n") {
		if f := strings.SplitN(line, " ", 3); len(f) == 3 && !strings.HasPrefix(line, "#") {
			out[f[0]+" "+f[1]] = f[2]
		}
	}
	return out, err
}

// unprovoked lists documented codes that no test has provoked and that
// testdata/unprovoked.txt does not excuse, and excuses of what nobody documents.
// On a Mac tests skip what would hurt it, and a guest reaches no other task, so
// there nothing is missed.
func unprovoked() (lines []string) {
	docs, err := documented()
	if err != nil || runtime.GOOS == "darwin" || os.Geteuid() != 0 {
		return nil // hosted, as root, is where all that can be provoked is
	}
	reasons, err := excused()
	if err != nil {
		return []string{err.Error()}
	}
	for fn, codes := range docs {
		for _, c := range codes {
			if provoked.codes[fn][codeNames[c]] {
				continue
			}
			key := ""
			for _, k := range []string{fn + " " + c, "* " + c, fn + " *"} {
				if _, there := reasons[k]; there {
					key = k
					break
				}
			}
			if key == "" {
				lines = append(lines, fmt.Sprintf("%s documents %s, and no test provokes it", fn, c))
			}
		}
	}
	for k := range reasons {
		if fn, code, _ := strings.Cut(k, " "); fn != "*" && len(docs[fn]) == 0 || codeNames[code] == 0 && code != "*" {
			lines = append(lines, "testdata/unprovoked.txt excuses "+k+", which no text names")
		}
	}
	sort.Strings(lines)
	out := lines[:0]
	for i, l := range lines {
		if i == 0 || l != lines[i-1] {
			out = append(out, l)
		}
	}
	return out
}

// codeNames are the codes that functions document; other constants that the
// texts name are options.
var codeNames = map[string]mach.KernReturn{
	"BOOTSTRAP_BAD_COUNT":            mach.BOOTSTRAP_BAD_COUNT,
	"BOOTSTRAP_NAME_IN_USE":          mach.BOOTSTRAP_NAME_IN_USE,
	"BOOTSTRAP_NOT_PRIVILEGED":       mach.BOOTSTRAP_NOT_PRIVILEGED,
	"BOOTSTRAP_NO_CHILDREN":          mach.BOOTSTRAP_NO_CHILDREN,
	"BOOTSTRAP_NO_MEMORY":            mach.BOOTSTRAP_NO_MEMORY,
	"BOOTSTRAP_SERVICE_ACTIVE":       mach.BOOTSTRAP_SERVICE_ACTIVE,
	"BOOTSTRAP_UNKNOWN_SERVICE":      mach.BOOTSTRAP_UNKNOWN_SERVICE,
	"KERN_ABORTED":                   mach.KERN_ABORTED,
	"KERN_ALREADY_IN_SET":            mach.KERN_ALREADY_IN_SET,
	"KERN_ALREADY_WAITING":           mach.KERN_ALREADY_WAITING,
	"KERN_CODESIGN_ERROR":            mach.KERN_CODESIGN_ERROR,
	"KERN_DEFAULT_SET":               mach.KERN_DEFAULT_SET,
	"KERN_DENIED":                    mach.KERN_DENIED,
	"KERN_EXCEPTION_PROTECTED":       mach.KERN_EXCEPTION_PROTECTED,
	"KERN_FAILURE":                   mach.KERN_FAILURE,
	"KERN_INSUFFICIENT_BUFFER_SIZE":  mach.KERN_INSUFFICIENT_BUFFER_SIZE,
	"KERN_INVALID_ADDRESS":           mach.KERN_INVALID_ADDRESS,
	"KERN_INVALID_ARGUMENT":          mach.KERN_INVALID_ARGUMENT,
	"KERN_INVALID_CAPABILITY":        mach.KERN_INVALID_CAPABILITY,
	"KERN_INVALID_GUARD_OBJECT_SLOT": mach.KERN_INVALID_GUARD_OBJECT_SLOT,
	"KERN_INVALID_HOST":              mach.KERN_INVALID_HOST,
	"KERN_INVALID_KC":                mach.KERN_INVALID_KC,
	"KERN_INVALID_LEDGER":            mach.KERN_INVALID_LEDGER,
	"KERN_INVALID_MEMORY_CONTROL":    mach.KERN_INVALID_MEMORY_CONTROL,
	"KERN_INVALID_NAME":              mach.KERN_INVALID_NAME,
	"KERN_INVALID_OBJECT":            mach.KERN_INVALID_OBJECT,
	"KERN_INVALID_POLICY":            mach.KERN_INVALID_POLICY,
	"KERN_INVALID_PROCESSOR_SET":     mach.KERN_INVALID_PROCESSOR_SET,
	"KERN_INVALID_RIGHT":             mach.KERN_INVALID_RIGHT,
	"KERN_INVALID_SECURITY":          mach.KERN_INVALID_SECURITY,
	"KERN_INVALID_TASK":              mach.KERN_INVALID_TASK,
	"KERN_INVALID_VALUE":             mach.KERN_INVALID_VALUE,
	"KERN_LOCK_OWNED":                mach.KERN_LOCK_OWNED,
	"KERN_LOCK_OWNED_SELF":           mach.KERN_LOCK_OWNED_SELF,
	"KERN_LOCK_SET_DESTROYED":        mach.KERN_LOCK_SET_DESTROYED,
	"KERN_LOCK_UNSTABLE":             mach.KERN_LOCK_UNSTABLE,
	"KERN_MEMORY_DATA_MOVED":         mach.KERN_MEMORY_DATA_MOVED,
	"KERN_MEMORY_ERROR":              mach.KERN_MEMORY_ERROR,
	"KERN_MEMORY_FAILURE":            mach.KERN_MEMORY_FAILURE,
	"KERN_MEMORY_PRESENT":            mach.KERN_MEMORY_PRESENT,
	"KERN_MEMORY_RESTART_COPY":       mach.KERN_MEMORY_RESTART_COPY,
	"KERN_MISSING_KC":                mach.KERN_MISSING_KC,
	"KERN_NAME_EXISTS":               mach.KERN_NAME_EXISTS,
	"KERN_NODE_DOWN":                 mach.KERN_NODE_DOWN,
	"KERN_NOT_DEPRESSED":             mach.KERN_NOT_DEPRESSED,
	"KERN_NOT_FOUND":                 mach.KERN_NOT_FOUND,
	"KERN_NOT_IN_SET":                mach.KERN_NOT_IN_SET,
	"KERN_NOT_RECEIVER":              mach.KERN_NOT_RECEIVER,
	"KERN_NOT_SUPPORTED":             mach.KERN_NOT_SUPPORTED,
	"KERN_NOT_WAITING":               mach.KERN_NOT_WAITING,
	"KERN_NO_ACCESS":                 mach.KERN_NO_ACCESS,
	"KERN_NO_SPACE":                  mach.KERN_NO_SPACE,
	"KERN_OPERATION_TIMED_OUT":       mach.KERN_OPERATION_TIMED_OUT,
	"KERN_POLICY_LIMIT":              mach.KERN_POLICY_LIMIT,
	"KERN_POLICY_STATIC":             mach.KERN_POLICY_STATIC,
	"KERN_PROTECTION_FAILURE":        mach.KERN_PROTECTION_FAILURE,
	"KERN_RESOURCE_SHORTAGE":         mach.KERN_RESOURCE_SHORTAGE,
	"KERN_RIGHT_EXISTS":              mach.KERN_RIGHT_EXISTS,
	"KERN_RPC_CONTINUE_ORPHAN":       mach.KERN_RPC_CONTINUE_ORPHAN,
	"KERN_RPC_SERVER_TERMINATED":     mach.KERN_RPC_SERVER_TERMINATED,
	"KERN_RPC_TERMINATE_ORPHAN":      mach.KERN_RPC_TERMINATE_ORPHAN,
	"KERN_SEMAPHORE_DESTROYED":       mach.KERN_SEMAPHORE_DESTROYED,
	"KERN_TERMINATED":                mach.KERN_TERMINATED,
	"KERN_UREFS_OVERFLOW":            mach.KERN_UREFS_OVERFLOW,
	"MACH_RCV_BODY_ERROR":            mach.MACH_RCV_BODY_ERROR,
	"MACH_RCV_HEADER_ERROR":          mach.MACH_RCV_HEADER_ERROR,
	"MACH_RCV_INTERRUPTED":           mach.MACH_RCV_INTERRUPTED,
	"MACH_RCV_INVALID_ARGUMENTS":     mach.MACH_RCV_INVALID_ARGUMENTS,
	"MACH_RCV_INVALID_DATA":          mach.MACH_RCV_INVALID_DATA,
	"MACH_RCV_INVALID_NAME":          mach.MACH_RCV_INVALID_NAME,
	"MACH_RCV_INVALID_NOTIFY":        mach.MACH_RCV_INVALID_NOTIFY,
	"MACH_RCV_INVALID_REPLY":         mach.MACH_RCV_INVALID_REPLY,
	"MACH_RCV_INVALID_TRAILER":       mach.MACH_RCV_INVALID_TRAILER,
	"MACH_RCV_INVALID_TYPE":          mach.MACH_RCV_INVALID_TYPE,
	"MACH_RCV_IN_PROGRESS":           mach.MACH_RCV_IN_PROGRESS,
	"MACH_RCV_IN_PROGRESS_TIMED":     mach.MACH_RCV_IN_PROGRESS_TIMED,
	"MACH_RCV_IN_SET":                mach.MACH_RCV_IN_SET,
	"MACH_RCV_PORT_CHANGED":          mach.MACH_RCV_PORT_CHANGED,
	"MACH_RCV_PORT_DIED":             mach.MACH_RCV_PORT_DIED,
	"MACH_RCV_SCATTER_SMALL":         mach.MACH_RCV_SCATTER_SMALL,
	"MACH_RCV_TIMED_OUT":             mach.MACH_RCV_TIMED_OUT,
	"MACH_RCV_TOO_LARGE":             mach.MACH_RCV_TOO_LARGE,
	"MACH_SEND_AUX_TOO_LARGE":        mach.MACH_SEND_AUX_TOO_LARGE,
	"MACH_SEND_AUX_TOO_SMALL":        mach.MACH_SEND_AUX_TOO_SMALL,
	"MACH_SEND_INTERRUPTED":          mach.MACH_SEND_INTERRUPTED,
	"MACH_SEND_INVALID_CONTEXT":      mach.MACH_SEND_INVALID_CONTEXT,
	"MACH_SEND_INVALID_DATA":         mach.MACH_SEND_INVALID_DATA,
	"MACH_SEND_INVALID_DEST":         mach.MACH_SEND_INVALID_DEST,
	"MACH_SEND_INVALID_HEADER":       mach.MACH_SEND_INVALID_HEADER,
	"MACH_SEND_INVALID_MEMORY":       mach.MACH_SEND_INVALID_MEMORY,
	"MACH_SEND_INVALID_NOTIFY":       mach.MACH_SEND_INVALID_NOTIFY,
	"MACH_SEND_INVALID_OPTIONS":      mach.MACH_SEND_INVALID_OPTIONS,
	"MACH_SEND_INVALID_REPLY":        mach.MACH_SEND_INVALID_REPLY,
	"MACH_SEND_INVALID_RIGHT":        mach.MACH_SEND_INVALID_RIGHT,
	"MACH_SEND_INVALID_RT_OOL_SIZE":  mach.MACH_SEND_INVALID_RT_OOL_SIZE,
	"MACH_SEND_INVALID_TRAILER":      mach.MACH_SEND_INVALID_TRAILER,
	"MACH_SEND_INVALID_TYPE":         mach.MACH_SEND_INVALID_TYPE,
	"MACH_SEND_INVALID_VOUCHER":      mach.MACH_SEND_INVALID_VOUCHER,
	"MACH_SEND_IN_PROGRESS":          mach.MACH_SEND_IN_PROGRESS,
	"MACH_SEND_MSG_FILTERED":         mach.MACH_SEND_MSG_FILTERED,
	"MACH_SEND_MSG_TOO_SMALL":        mach.MACH_SEND_MSG_TOO_SMALL,
	"MACH_SEND_NO_BUFFER":            mach.MACH_SEND_NO_BUFFER,
	"MACH_SEND_NO_GRANT_DEST":        mach.MACH_SEND_NO_GRANT_DEST,
	"MACH_SEND_TIMED_OUT":            mach.MACH_SEND_TIMED_OUT,
	"MACH_SEND_TOO_LARGE":            mach.MACH_SEND_TOO_LARGE,
	"MIG_ARRAY_TOO_LARGE":            mach.MIG_ARRAY_TOO_LARGE,
	"MIG_BAD_ARGUMENTS":              mach.MIG_BAD_ARGUMENTS,
	"MIG_BAD_ID":                     mach.MIG_BAD_ID,
	"MIG_REMOTE_ERROR":               mach.MIG_REMOTE_ERROR,
	"MIG_REPLY_MISMATCH":             mach.MIG_REPLY_MISMATCH,
	"MIG_SERVER_DIED":                mach.MIG_SERVER_DIED,
	"MIG_TRAILER_ERROR":              mach.MIG_TRAILER_ERROR,
	"MIG_TYPE_ERROR":                 mach.MIG_TYPE_ERROR,
	"NETNAME_HOST_NOT_FOUND":         mach.NETNAME_HOST_NOT_FOUND,
	"NETNAME_INVALID_PORT":           mach.NETNAME_INVALID_PORT,
	"NETNAME_NOT_CHECKED_IN":         mach.NETNAME_NOT_CHECKED_IN,
	"NETNAME_NOT_YOURS":              mach.NETNAME_NOT_YOURS,
	"NETNAME_NO_SUCH_HOST":           mach.NETNAME_NO_SUCH_HOST,
	"NETNAME_PENDING":                mach.NETNAME_PENDING,
}
