//go:build linux && (amd64 || arm64)

package libsystem

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// shapes says how to print the arguments of calls: s string, d number, x bits, p address,
// b bytes (with the following length), v variable argument.
var shapes = map[string]string{}

func init() {
	for line := range strings.Lines(`
ppppp open:sxv openat:dsxv read:dbd write:dbd pread:dbdd pwrite:dbdd close:d fcntl:ddv ioctl:dxv
stat:sp lstat:sp fstat:dp stat64:sp lstat64:sp fstat64:dp fstatat:dspx access:sd chdir:s fchdir:d mkdir:sx rmdir:s unlink:s unlinkat:dsx
rename:ss link:ss symlink:ss readlink:spd realpath:sp opendir:s fdopendir:d closedir:p readdir_r:ppp getcwd:pd
mmap:pdxxdd munmap:pd mprotect:pdx madvise:pdd malloc:d calloc:dd realloc:pd free:p
pthread_create:pppp pthread_join:pp pthread_mutex_lock:p pthread_mutex_unlock:p pthread_cond_wait:pp pthread_cond_signal:p pthread_cond_timedwait_relative_np:ppp
pthread_key_create:pp pthread_setspecific:dp pthread_getspecific:d pthread_self: pthread_kill:pd pthread_sigmask:dpp
sigaction:dpp sigaltstack:pp kill:dd raise:d kqueue: kevent:dpdpdp kevent64:dpdpdxp socket:ddd bind:dpd connect:dpd listen:dd accept:dpp
sysctlbyname:sppp sysctl:pdpppd getenv:s setenv:ssd dlopen:sd dlsym:ps exit:d _exit:d fork: execve:spp wait4:dpdp
usleep:d nanosleep:pp clock_gettime:dp mach_absolute_time: mach_timebase_info:p getpid: puts:s printf:s strlen:s strcmp:ss __error: arc4random_buf:pd
`) {
		for f := range strings.FieldsSeq(line) {
			if name, shape, ok := strings.Cut(f, ":"); ok {
				shapes[name] = shape
			}
		}
	}
}

// Describe is one line of a trace: the call before it is answered, and its result.
func Describe(c *proc.Call, done bool) string {
	if done {
		r := c.Result()
		line := fmt.Sprintf("[%d] %s = %s", c.Thread.ID, c.Symbol, number(r))
		if int64(r) == -1 || int32(r) == -1 {
			if p := proc.Read[uint32](c, c.Thread.ErrnoAddress()); p != nil {
				line += fmt.Sprintf(" (errno %d)", *p)
			}
		}
		return line
	}
	if s, ok := describeMach(c); ok {
		return s
	}
	shape, ok := shapes[plain(c.Symbol)]
	if !ok {
		shape = "pppp"
	}
	var args []string
	for i, kind := range shape {
		v := c.Arg(i)
		switch kind {
		case 's':
			if s, ok := c.String(v); ok {
				args = append(args, strconv.Quote(shorten(s)))
				continue
			}
		case 'd':
			args = append(args, strconv.Itoa(int(int32(v))))
			continue
		case 'v':
			args = append(args, number(c.VarArg(i, 0)))
			continue
		case 'b':
			if b, ok := c.Bytes(v, min(c.Arg(i+1), 40)); ok && strings.HasPrefix(plain(c.Symbol), "write") {
				args = append(args, strconv.Quote(string(b)))
				continue
			}
		}
		args = append(args, "0x"+strconv.FormatUint(v, 16))
	}
	return fmt.Sprintf("[%d] %s(%s)", c.Thread.ID, c.Symbol, strings.Join(args, ", "))
}

func shorten(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}

// number prints small values as they are and the rest in hexadecimal.
func number(v uint64) string {
	if n := int64(v); n > -4096 && n < 65536 {
		return strconv.FormatInt(n, 10)
	}
	return "0x" + strconv.FormatUint(v, 16)
}

// describeMach prints a Mach call with the names of its parameters.
func describeMach(c *proc.Call) (string, bool) {
	if k := of(c).Kernel; k != nil {
		return k.Describe(c)
	}
	return "", false
}
