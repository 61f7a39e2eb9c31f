//go:build linux && (amd64 || arm64)

package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

var buildMach = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "mach")
	return path, command("go", "build", "-C", "../../cmd/mach", "-o", path, ".")
})

// BenchmarkMach: the command line against the programs that do the same, each as a
// process, on the same target.
func BenchmarkMach(b *testing.B) {
	mach, err := buildMach()
	must(b, err)
	b.Run("Regs", func(b *testing.B) {
		threadsBy(b, mach, "regs", "thread apply all info registers")
	})
	b.Run("Stack", func(b *testing.B) {
		threadsBy(b, mach, "stack", "thread apply all bt")
	})
	b.Run("Core", func(b *testing.B) { coreBy(b, mach) })
	b.Run("Read", func(b *testing.B) {
		memoryBy(b, "copy", func(pid, addr, size string) *exec.Cmd { return exec.Command(mach, "read", "--raw", pid, addr, size) })
	})
	b.Run("Search", func(b *testing.B) {
		memoryBy(b, "look", func(pid, addr, size string) *exec.Cmd {
			from, _ := strconv.ParseUint(addr, 0, 64)
			n, _ := strconv.ParseUint(size, 0, 64)
			// The memory has no such bytes.
			return exec.Command(mach, "search", pid, "00ff00ff00ff00ff", "--from", addr, "--to", fmt.Sprintf("%#x", from+n))
		})
	})
}

// threadsBy lets mach and gdb print something of each of 1000 threads.
func threadsBy(b *testing.B, mach, what, asked string) {
	const threads = 1000
	if _, err := exec.LookPath("gdb"); err != nil {
		b.Skip("gdb is the peer")
	}
	pid := strconv.Itoa(startTarget(b, "threads", threads).pid())
	output := func(mark, name string, args ...string) func() {
		return func() {
			out, err := exec.Command(name, args...).Output()
			must(b, err)
			if n := bytes.Count(append([]byte{'\n'}, out...), []byte(mark)); n < threads {
				b.Fatalf("%s: %d threads", name, n)
			}
		}
	}
	contest(b,
		contestant{"mach", output("\nthread ", mach, what, pid)},
		contestant{"gdb", output("\nThread ", "gdb", "-batch", "-p", pid, "-ex", asked)})
}

// coreBy lets mach and gcore save a process with 256 MiB of memory.
func coreBy(b *testing.B, mach string) {
	if _, err := exec.LookPath("gcore"); err != nil {
		b.Skip("gcore is the peer")
	}
	x := startTarget(b, "memory", 256)
	pid := strconv.Itoa(x.pid())
	stops := map[string][]time.Duration{}
	saving := func(name, file string, args ...string) contestant {
		return contestant{name, func() {
			must(b, os.RemoveAll(file))
			x.stood()
			must(b, command(args[0], args[1:]...))
			stops[name] = append(stops[name], x.stood())
			info, err := os.Stat(file)
			must(b, err)
			if info.Size() < 256<<20 {
				b.Fatalf("%s has %d bytes", file, info.Size())
			}
		}}
	}
	at := filepath.Join(dir, "core")
	contest(b,
		saving("mach", at+".mach", mach, "core", "-o", at+".mach", pid),
		saving("gcore", at+".gcore."+pid, "gcore", "-o", at+".gcore", pid))
	for name, s := range stops {
		b.ReportMetric(float64(median(s).Microseconds()), "stopped-µs/"+name)
		b.ReportMetric(float64(slices.Min(s).Microseconds()), "best-stopped-µs/"+name)
	}
}

// memoryBy lets mach and a plain loop of process_vm_readv go through 2 GiB.
func memoryBy(b *testing.B, loop string, mach func(pid, addr, size string) *exec.Cmd) {
	const size = 2 << 30
	x := startTarget(b, "memory", size>>20)
	pid, addr, n := strconv.Itoa(x.pid()), fmt.Sprintf("%#x", x.addr), strconv.Itoa(size)
	quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	must(b, err)
	defer quiet.Close()
	running := func(name string, wants int, command func() *exec.Cmd) contestant {
		return contestant{name, func() {
			cmd := command()
			cmd.Stdout = quiet
			err := cmd.Run()
			if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != wants {
				b.Fatal(name, ": ", err)
			}
		}}
	}
	wants := 0
	if loop == "look" {
		wants = 3 // nothing was found
	}
	contest(b,
		running("mach", wants, func() *exec.Cmd { return mach(pid, addr, n) }),
		running("loop", 0, func() *exec.Cmd { return exec.Command(x.cmd.Path, loop, pid, addr, n) }))
}
