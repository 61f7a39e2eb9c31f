//go:build linux && (amd64 || arm64)

package proc

import (
	"errors"
	"io/fs"
	"syscall"
)

// Errno is Darwin's error number (xnu bsd/sys/errno.h).
type Errno uint32

// Numbers that implementations name; the others come from the host by FromHost.
const (
	EPERM     Errno = 1
	ENOENT    Errno = 2
	ESRCH     Errno = 3
	EINTR     Errno = 4
	EIO       Errno = 5
	EBADF     Errno = 9
	ECHILD    Errno = 10
	EDEADLK   Errno = 11
	ENOMEM    Errno = 12
	EACCES    Errno = 13
	EFAULT    Errno = 14
	EBUSY     Errno = 16
	EEXIST    Errno = 17
	ENOTDIR   Errno = 20
	EINVAL    Errno = 22
	ENOTTY    Errno = 25
	ESPIPE    Errno = 29
	EROFS     Errno = 30
	EPIPE     Errno = 32
	ERANGE    Errno = 34
	EAGAIN    Errno = 35
	ENOTSUP   Errno = 45
	ETIMEDOUT Errno = 60
	ENOSYS    Errno = 78
	EOVERFLOW Errno = 84
	ECANCELED Errno = 89
)

// fromLinux maps the numbers that differ; those up to 34 but 11 are the same.
var fromLinux = map[syscall.Errno]Errno{
	syscall.EAGAIN: 35, syscall.EINPROGRESS: 36, syscall.EALREADY: 37, syscall.ENOTSOCK: 38, syscall.EDESTADDRREQ: 39,
	syscall.EMSGSIZE: 40, syscall.EPROTOTYPE: 41, syscall.ENOPROTOOPT: 42, syscall.EPROTONOSUPPORT: 43,
	syscall.ESOCKTNOSUPPORT: 44, syscall.EOPNOTSUPP: 102, syscall.EPFNOSUPPORT: 46, syscall.EAFNOSUPPORT: 47,
	syscall.EADDRINUSE: 48, syscall.EADDRNOTAVAIL: 49, syscall.ENETDOWN: 50, syscall.ENETUNREACH: 51, syscall.ENETRESET: 52,
	syscall.ECONNABORTED: 53, syscall.ECONNRESET: 54, syscall.ENOBUFS: 55, syscall.EISCONN: 56, syscall.ENOTCONN: 57,
	syscall.ESHUTDOWN: 58, syscall.ETIMEDOUT: 60, syscall.ECONNREFUSED: 61, syscall.ELOOP: 62, syscall.ENAMETOOLONG: 63,
	syscall.EHOSTDOWN: 64, syscall.EHOSTUNREACH: 65, syscall.ENOTEMPTY: 66, syscall.EUSERS: 68, syscall.EDQUOT: 69,
	syscall.ESTALE: 70, syscall.EDEADLK: 11, syscall.ENOLCK: 77, syscall.ENOSYS: 78, syscall.EOVERFLOW: 84,
	syscall.ECANCELED: 89, syscall.EIDRM: 90, syscall.ENOMSG: 91, syscall.EILSEQ: 92, syscall.ENODATA: 93,
	syscall.EBADMSG: 94, syscall.EPROTO: 100, syscall.ETIME: 101,
}

// FromHost translates an error of the host.
func FromHost(err error) Errno {
	if err == nil {
		return 0
	}
	var d Errno
	if errors.As(err, &d) {
		return d
	}
	var e syscall.Errno
	if !errors.As(err, &e) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return ENOENT
		case errors.Is(err, fs.ErrPermission):
			return EACCES
		}
		return EIO
	}
	if d, ok := fromLinux[e]; ok {
		return d
	}
	if e <= 34 {
		return Errno(e)
	}
	return EINVAL
}

func (e Errno) Error() string { return "darwin error " + itoa(uint32(e)) }

func itoa(n uint32) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}
