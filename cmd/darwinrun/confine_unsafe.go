//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What Landlock is to keep: every change of a file's contents and of names. Times, modes and
// owners it does not know; those libsystem's policy judges alone.
const (
	changesOfFiles = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	changes        = changesOfFiles | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER

	enoughLandlock = 3 // the first version that knows of truncation
)

// devices are those that everybody may write to.
var devices = []string{"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts"}

// confine has the host's kernel keep this process, and those that it starts, to the folders that
// the program may change: whatever way there were past the runner's policy would end there. It
// holds for the whole process only if it was so from its start, so the runner starts itself again
// and this call does not return. It returns where the kernel has no Landlock, where nothing is to
// be kept (programs and processes of the host, or nothing that runs), and in runners that are
// confined already.
func confine(o *options) error {
	if o.confined || o.missing != "" || o.exactly || o.host || o.processes {
		return nil
	}
	version, _, e := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if e != 0 || version < enoughLandlock {
		return nil
	}
	attr := unix.LandlockRulesetAttr{Access_fs: changes}
	// The size that knows of files alone, for every version.
	set, _, e := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr.Access_fs), 0)
	if e != 0 {
		return nil
	}
	defer unix.Close(int(set))
	paths := append(append([]string{}, o.writable...), devices...)
	if o.trace != "" && o.trace != "-" {
		f, err := traceFile(o.trace)
		if err != nil {
			return err
		}
		if c, ok := f.(*os.File); ok {
			_ = c.Close()
		}
		paths = append(paths, o.trace)
	}
	for _, p := range paths {
		if err := allow(int(set), p); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if _, _, e := syscall.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0, 0); e != 0 {
		return e
	}
	argv := append([]string{os.Args[0], "-" + confinedFlag}, os.Args[1:]...)
	return syscall.Exec(self, argv, os.Environ())
}

// allow lets a tree be changed, or a file. One that is not there needs nothing.
func allow(set int, path string) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	beneath := unix.LandlockPathBeneathAttr{Allowed_access: changes, Parent_fd: int32(fd)}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		beneath.Allowed_access = changesOfFiles
	}
	if _, _, e := syscall.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(set), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&beneath)), 0, 0, 0); e != 0 {
		return e
	}
	return nil
}
