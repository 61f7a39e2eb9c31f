//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Limits for a runner, whatever it is given.
const (
	mutantTime   = 3 * time.Second  // for the program, which may loop; then it is asked to end
	mutantEnd    = 60 * time.Second // for the runner to end then, beside a busy machine
	mutantMemory = 256 << 10        // KiB, also for a program that faults for ever
)

// TestMutants runs damaged programs in the whole runner. Each mutant comes from the seed and
// its number alone, so that one can be run again: MACH_MUTANTS says how many a CPU,
// MACH_MUTANT_SEED and MACH_MUTANT_FIRST where to begin, MACH_MUTANT_SAVE where to keep the
// file of one. scripts/mutants.sh runs many.
func TestMutants(t *testing.T) {
	number := func(name string, otherwise int) int {
		if v, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return v
		}
		return otherwise
	}
	count := 500
	if testing.Short() {
		count = 50
	}
	count = number("MACH_MUTANTS", count)
	seed, first := number("MACH_MUTANT_SEED", 1), number("MACH_MUTANT_FIRST", 0)
	eachArch(t, func(t *testing.T, arch string) {
		good, err := os.ReadFile(cguest(t, arch, "libc"))
		if err != nil {
			t.Fatal(err)
		}
		numbers := make(chan int)
		var workers sync.WaitGroup
		for range 2 {
			workers.Go(func() {
				dir := t.TempDir()
				for n := range numbers {
					runMutant(t, dir, mutant(good, uint64(seed), uint64(n)), n)
				}
			})
		}
		for n := first; n < first+count && !t.Failed(); n++ {
			numbers <- n
		}
		close(numbers)
		workers.Wait()
	})
}

// mutant damages a program: in its header and load commands, in its last part, where the
// tables of fixups and symbols are, or anywhere; or it cuts it off.
func mutant(good []byte, seed, n uint64) []byte {
	r := rand.New(rand.NewPCG(seed, n))
	b := bytes.Clone(good)
	for range 1 + r.IntN(6) {
		var at int
		switch r.IntN(4) {
		case 0, 1:
			at = r.IntN(min(2048, len(b)))
		case 2:
			at = len(b) - 1 - r.IntN(min(8192, len(b)))
		default:
			at = r.IntN(len(b))
		}
		switch r.IntN(4) {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b[at] = byte(r.Uint32())
		case 2: // a word, often one that counts and sizes do not expect
			values := []uint32{0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8, 1 << 20, r.Uint32()}
			v := values[r.IntN(len(values))]
			for i := range min(4, len(b)-at) {
				b[at+i] = byte(v >> (8 * i))
			}
		case 3: // a piece of the file somewhere else
			from, size := r.IntN(len(b)), 1+r.IntN(64)
			copy(b[at:], b[from:min(from+size, len(b))])
		}
	}
	if r.IntN(20) == 0 {
		b = b[:r.IntN(len(b))]
	}
	return b
}

func runMutant(t *testing.T, dir string, program []byte, n int) {
	exe := filepath.Join(dir, "mutant")
	if name := os.Getenv("MACH_MUTANT_SAVE"); name != "" {
		exe = name
	}
	if err := os.WriteFile(exe, program, 0o755); err != nil {
		t.Error(err)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Error(err)
		return
	}
	cmd := exec.Command(self, exe, "hi")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DARWINRUN_BE_RUNNER=1")
	var out limited
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	ask := time.AfterFunc(mutantTime, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	hung := false
	kill := time.AfterFunc(mutantTime+mutantEnd, func() {
		hung = true
		_ = cmd.Process.Kill()
	})
	err = cmd.Wait()
	ask.Stop()
	kill.Stop()
	text := out.String()
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		t.Errorf("mutant %d: %v", n, err)
	case hung:
		t.Errorf("mutant %d: the runner hangs\n%s", n, text)
	case strings.Contains(text, "goroutine ") || strings.Contains(text, "internal error") || strings.Contains(text, "runtime stack"):
		t.Errorf("mutant %d: the runner panics\n%s", n, text)
	case used > mutantMemory:
		t.Errorf("mutant %d: %d KiB of memory\n%s", n, used, text)
	}
}

// limited keeps the beginning of what is written to it.
type limited struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *limited) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if room := 1<<16 - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
