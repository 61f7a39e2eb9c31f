//go:build linux && (amd64 || arm64)

package dyld

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/macho"
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/internal/abi/gotool"
)

// blind is a processor that is never shown anything, since nothing runs here.
type blind struct{}

func (blind) Map(address, size uint64, prot cpu.Prot) error { return nil }
func (blind) Unmap(address, size uint64) error              { return nil }
func (blind) ForgetCode(address, size uint64)               {}

// program builds a small Go program for darwin.
func program(t *testing.T, arch string) []byte {
	t.Helper()
	gotool.ForTest(t)
	dir := t.TempDir()
	source, exe := filepath.Join(dir, "main.go"), filepath.Join(dir, "exe")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() { println(1) }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", exe, source)
	cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stubs resolves every symbol to an address of its own.
type stubs map[string]uint64

func (s stubs) resolve(symbol string, weak bool) (uint64, bool) {
	if _, ok := s[symbol]; !ok {
		s[symbol] = 0x7000_0000 + 16*uint64(len(s))
	}
	return s[symbol], true
}

func load(b []byte, a *cpu.Arch, random bool, s stubs) (*Image, *mem.Space, error) {
	space := mem.New(a.PageSize, blind{})
	f, err := macho.Parse(b, a.CPUType)
	if err != nil {
		return nil, space, err
	}
	img, err := Load(space, f, "test", Options{Resolve: s.resolve, RandomSlide: random})
	return img, space, err
}

func drop(space *mem.Space) {
	for _, r := range space.Regions() {
		_ = space.Unmap(r.Start, r.End-r.Start)
	}
}

func TestLoad(t *testing.T) {
	for _, a := range []*cpu.Arch{cpu.ARM64, cpu.AMD64} {
		t.Run(a.Name, func(t *testing.T) {
			b := program(t, a.Name)
			s := stubs{}
			img, space, err := load(b, a, false, s)
			if err != nil {
				t.Fatal(err)
			}
			defer drop(space)
			if len(s) < 30 || s["_pthread_create"] == 0 {
				t.Errorf("%d symbols were asked for", len(s))
			}
			if head := mem.Slice(img.Base, 4); binary.LittleEndian.Uint32(head) != 0xfeedfacf {
				t.Errorf("the header is % x", head)
			}
			if !img.Contains(img.Entry()) || img.Contains(img.Base-1) {
				t.Errorf("entry %#x, base %#x", img.Entry(), img.Base)
			}
			for i := range img.File.Segments {
				seg := &img.File.Segments[i]
				if r, ok := space.Lookup(seg.Addr + img.Slide); seg.Size != 0 && !seg.Zero() && (!ok || r.Prot != cpu.Prot(seg.Prot)) {
					t.Errorf("%s has protection %d, want %d", seg.Name, r.Prot, seg.Prot)
				}
			}
			// Every pointer that was to be rebased or bound is.
			n := 0
			_ = img.File.Fixups(func(x macho.Fixup) error {
				want := x.Target + img.Slide
				if x.Bind {
					want = s[x.Symbol] + uint64(x.Addend)
				}
				if got := binary.LittleEndian.Uint64(mem.Slice(x.Addr+img.Slide, 8)); got != want {
					t.Errorf("pointer at %#x is %#x, want %#x", x.Addr, got, want)
				}
				n++
				return nil
			})
			if n < 1000 {
				t.Errorf("%d pointers", n)
			}
			// A second one beside it, somewhere else.
			again, other, err := load(b, a, true, s)
			if err != nil {
				t.Fatal(err)
			}
			defer drop(other)
			if again.Base == img.Base {
				t.Error("two images at one address")
			}
		})
	}
}

// TestDamaged loads files with damage in the headers and tables: what comes is an error or
// an image, at once.
func TestDamaged(t *testing.T) {
	good := program(t, "arm64")
	f, err := macho.Parse(good, cpu.ARM64.CPUType)
	if err != nil {
		t.Fatal(err)
	}
	tables := f.Segment("__LINKEDIT").Offset
	r := rand.New(rand.NewPCG(1, 2))
	start, refused := time.Now(), 0
	const rounds = 300
	for range rounds {
		b := bytes.Clone(good)
		for range 1 + r.IntN(4) {
			if r.IntN(2) == 0 {
				b[r.IntN(2048)] = byte(r.Uint32())
			} else {
				b[int(tables)+r.IntN(20000)] = byte(r.Uint32())
			}
		}
		_, space, err := load(b, cpu.ARM64, false, stubs{})
		drop(space)
		if err != nil {
			refused++
		}
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("%d files took %v", rounds, d)
	}
	if refused == 0 || refused == rounds {
		t.Errorf("%d of %d were refused", refused, rounds)
	}
	if _, space, err := load(good[:len(good)/2], cpu.ARM64, false, stubs{}); err == nil {
		drop(space)
		t.Error("half a file was loaded")
	}
}
