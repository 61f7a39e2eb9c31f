//go:build linux && (amd64 || arm64)

package bench

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
)

// BenchmarkReadOverwrite: 64 MiB of another process, against one plain
// process_vm_readv.
func BenchmarkReadOverwrite(b *testing.B) {
	const size = 64 << 20
	x := startTarget(b, "memory", size>>20)
	task := x.port()
	ours, plain := make([]byte, size), make([]byte, size)
	contest(b, contestant{"mach_vm_read_overwrite", func() {
		var n mach.MachVMSize
		if err := mach.MachVMReadOverwrite(task, x.addr, size, mach.AddressOf(&ours[0]), &n); err != nil || n != size {
			b.Fatal(n, err)
		}
	}}, contestant{"process_vm_readv", func() {
		local := []unix.Iovec{{Base: &plain[0], Len: size}}
		remote := []unix.RemoteIovec{{Base: uintptr(x.addr), Len: size}}
		if n, err := unix.ProcessVMReadv(x.pid(), local, remote, 0); err != nil || n != size {
			b.Fatal(n, err)
		}
	}})
	if string(ours) != string(plain) {
		b.Fatal("they read different bytes")
	}
}
