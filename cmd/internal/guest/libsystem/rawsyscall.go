//go:build linux && (amd64 || arm64)

package libsystem

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

//go:embed syscalls.txt
var syscallsText string

// syscallRow is a line of syscalls.txt.
type syscallRow struct{ name, function string }

var syscalls = sync.OnceValue(func() map[int]syscallRow {
	m := map[int]syscallRow{}
	for line := range strings.Lines(syscallsText) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		if n, err := strconv.Atoi(f[0]); err == nil {
			m[n] = syscallRow{f[1], f[2]}
		}
	}
	return m
})

// Syscall finds the system call of a number for proc.Config.
func (s *State) Syscall(number int) (call proc.Syscall, ok bool) {
	row, ok := syscalls()[number]
	if !ok {
		return call, false
	}
	call.Name = row.name
	var f *proc.Function
	switch row.function {
	case "-":
	case "raw":
		f = s.rawSyscall(row.name)
		call.ErrorResult = strings.HasPrefix(row.name, "pthread_")
	default:
		f = s.Lookup(row.function)
	}
	if f != nil {
		call.Function = *f
	}
	return call, true
}

// rawSyscall translates where the system call's arguments are not those of libSystem's function.
func (s *State) rawSyscall(name string) *proc.Function {
	// then has another function answer once the arguments are changed.
	then := func(function string, change func(c *proc.Call) bool) *proc.Function {
		f := s.Lookup(function)
		if f == nil {
			return nil
		}
		return &proc.Function{Async: f.Async, Do: func(c *proc.Call) {
			if change(c) {
				f.Do(c)
			}
		}}
	}
	switch name {
	case "pipe":
		return &proc.Function{Do: rawPipe}
	case "sigaction":
		return &proc.Function{Do: rawSigaction}
	case "sigreturn":
		return &proc.Function{Do: func(c *proc.Call) { c.SignalReturn(c.Arg(0)) }}
	case "sigsuspend", "sigsuspend_nocancel":
		return &proc.Function{Do: func(c *proc.Call) { suspendWith(c, c.Uint32(0)) }}
	case "getlogin":
		return &proc.Function{Do: rawGetlogin}
	case "thread_selfid":
		return &proc.Function{Do: func(c *proc.Call) { c.Return(c.Thread.UniqueID()) }}
	case "pthread_sigmask":
		return s.Lookup("pthread_sigmask")
	case "pthread_kill": // by the thread's port
		kill, thread := s.Lookup("pthread_kill"), s.Lookup("pthread_from_mach_thread_np")
		if kill == nil || thread == nil || s.Kernel == nil {
			return nil
		}
		return &proc.Function{Do: func(c *proc.Call) {
			c.Block(func() {
				pthread := s.Kernel.Pthread(c, c.Uint32(0))
				c.Process.Sync(func() {
					c.SetArg(0, pthread)
					kill.Do(c)
				})
			})
		}}
	case "sysctlbyname": // with the length of the name
		return &proc.Function{Do: func(c *proc.Call) {
			const longest = 1 << 10
			name, ok := c.Bytes(c.Arg(0), min(c.Arg(1), longest))
			if !ok {
				c.Fail(proc.EFAULT)
				return
			}
			sysctlByName(c, string(name), c.Arg(2), c.Arg(3), c.Arg(4))
		}}
	case "_kernelrpc_mach_vm_map_trap":
		return then("mach_vm_map", func(c *proc.Call) bool {
			protection := c.Arg(5)
			const all = uint64(mach.VM_PROT_READ | mach.VM_PROT_WRITE | mach.VM_PROT_EXECUTE)
			inherit := uint64(mach.VM_INHERIT_DEFAULT)
			c.SetArg(5, 0) // no object
			if c.Process.Arch == cpu.ARM64 {
				c.SetArg(6, 0)
				c.SetArg(7, 0)
				return c.SetStackArgs(protection&0xffffffff|all<<32, inherit)
			}
			return c.SetStackArgs(0, 0, protection, all, inherit)
		})
	case "semaphore_timedwait_trap":
		return then("semaphore_timedwait", func(c *proc.Call) bool {
			c.SetArg(1, timespecArg(c.Arg(1), c.Arg(2)))
			return true
		})
	case "semaphore_timedwait_signal_trap":
		return then("semaphore_timedwait_signal", func(c *proc.Call) bool {
			c.SetArg(2, timespecArg(c.Arg(2), c.Arg(3)))
			return true
		})
	case "clock_sleep_trap":
		return then("clock_sleep", func(c *proc.Call) bool {
			c.SetArg(2, timespecArg(c.Arg(2), c.Arg(3)))
			c.SetArg(3, c.Arg(4))
			return true
		})
	case "mach_msg2_trap":
		return then("mach_msg", machMsg2)
	}
	return nil
}

// timespecArg is a mach_timespec_t passed by value.
func timespecArg(sec, nsec uint64) uint64 { return sec&0xffffffff | nsec<<32 }

// machMsg2 gives a message the header that the trap has in registers, and the arguments of
// mach_msg (xnu libsyscall/mach/mach_msg.c mach_msg2_internal).
func machMsg2(c *proc.Call) bool {
	const (
		vector         = 1 << 32 // MACH64_MSG_VECTOR: the message is in several pieces
		send           = 1       // MACH_SEND_MSG
		invalidOptions = 0x10000013
	)
	data, options := c.Arg(0), c.Arg(1)
	bits, ports, voucher, names, receive, timeout := c.Arg(2), c.Arg(3), c.Arg(4), c.Arg(5), c.Arg(6), c.Arg(7)
	if options&vector != 0 {
		c.Return(invalidOptions)
		return false
	}
	if options&send != 0 {
		h := proc.At[[6]uint32](c, data)
		if h == nil {
			c.Return(0x10000002) // MACH_SEND_INVALID_DATA
			return false
		}
		// bits, size, remote, local, voucher, id
		*h = [6]uint32{uint32(bits), uint32(bits >> 32), uint32(ports), uint32(ports >> 32), uint32(voucher), uint32(voucher >> 32)}
	}
	c.SetArg(1, options&0xffffffff)
	c.SetArg(2, bits>>32)
	c.SetArg(3, receive&0xffffffff)
	c.SetArg(4, names>>32)
	c.SetArg(5, timeout)
	if c.Process.Arch == cpu.ARM64 {
		c.SetArg(6, receive>>32)
		return true
	}
	return c.SetStackArgs(receive >> 32)
}
