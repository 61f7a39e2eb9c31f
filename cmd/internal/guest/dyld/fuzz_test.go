//go:build linux && (amd64 || arm64)

package dyld

import (
	"encoding/binary"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// small is an executable with code, data that is rebased and bound by opcodes, and symbols.
func small(cpuType uint32) []byte {
	le := binary.LittleEndian
	words := func(v ...uint32) (b []byte) {
		for _, x := range v {
			b = le.AppendUint32(b, x)
		}
		return b
	}
	name := func(s string) []byte { return append([]byte(s), make([]byte, 16-len(s))...) }
	long := func(v uint64) []uint32 { return []uint32{uint32(v), uint32(v >> 32)} }
	const text, data, file = 0x100000000, 0x100004000, 2048
	var commands []byte
	count := uint32(0)
	add := func(cmd uint32, parts ...[]byte) {
		var body []byte
		for _, p := range parts {
			body = append(body, p...)
		}
		for len(body)%8 != 0 {
			body = append(body, 0)
		}
		commands = append(append(commands, words(cmd, uint32(8+len(body)))...), body...)
		count++
	}
	segment := func(s string, at, size, from, bytes uint64, prot uint32, sections ...[]byte) {
		parts := [][]byte{name(s)}
		for _, v := range []uint64{at, size, from, bytes} {
			parts = append(parts, words(long(v)...))
		}
		parts = append(parts, words(prot, prot, uint32(len(sections)), 0))
		add(0x19, append(parts, sections...)...)
	}
	section := func(s, seg string, at, size uint64, flags uint32) []byte {
		b := append(name(s), name(seg)...)
		b = append(b, words(long(at)...)...)
		b = append(b, words(long(size)...)...)
		return append(b, words(0, 3, 0, 0, flags, 0, 8, 0)...)
	}
	segment("__PAGEZERO", 0, text, 0, 0, 0)
	segment("__TEXT", text, 0x4000, 0, file, 5)
	segment("__DATA", data, 0x4000, file, 64, 3, section("__got", "__DATA", data, 32, 6), section("__init", "__DATA", data+32, 8, 9),
		section("__tdata", "__DATA", data+40, 8, 0x11), section("__tv", "__DATA", data+48, 16, 0x13))
	rebase := []byte{0x11, 0x22, 0, 0x51, 0}
	bind := []byte{0x11, 0x40, '_', 'f', 0, 0x51, 0x72, 8, 0x90, 0}
	at := uint32(file + 64)
	add(0x80000022, words(at, uint32(len(rebase)), at+8, uint32(len(bind)), 0, 0, 0, 0, 0, 0))
	symbols := append(words(1, 0x0f), words(long(text+0x100)...)...)
	add(2, words(at+24, 1, at+40, 8))
	add(0xb, make([]byte, 48), words(at+48, 1), make([]byte, 16))
	add(0x80000028, words(0x100, 0, 0, 0))
	b := append(words(0xfeedfacf, cpuType, 0, 2, count, uint32(len(commands)), 0x200000, 0), commands...)
	b = append(b, make([]byte, file-len(b))...)
	for _, v := range []uint64{text + 0x100, 0, text + 0x200, 0, text + 0x100, 7, 0, 8} {
		b = le.AppendUint64(b, v)
	}
	tail := make([]byte, 64)
	copy(tail, rebase)
	copy(tail[8:], bind)
	copy(tail[24:], symbols)
	copy(tail[40:], "\x00_main\x00")
	return append(b, tail...)
}

// FuzzLoad: whatever a file holds, loading it ends in an image or an error, and the image's
// functions stay inside of its memory.
func FuzzLoad(f *testing.F) {
	for _, a := range []*cpu.Arch{cpu.ARM64, cpu.AMD64} {
		b := small(a.CPUType)
		img, space, err := load(b, a, false, stubs{})
		if err != nil {
			f.Fatal(err)
		}
		if len(img.Initialisers(space)) != 1 || len(img.TLS) != 8 || img.Entry() == 0 {
			f.Fatalf("the seed is not loaded as it should be: %d initialisers, %d bytes of thread-local variables", len(img.Initialisers(space)), len(img.TLS))
		}
		drop(space)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		for _, a := range []*cpu.Arch{cpu.ARM64, cpu.AMD64} {
			img, space, err := load(b, a, len(b)%2 == 0, stubs{})
			if err == nil {
				img.Initialisers(space)
				img.HasTLV(img.Base + 0x4000)
				img.Lookup("_main")
				img.File.Called()
				if !img.Contains(img.Base) {
					t.Errorf("the image at %#x does not contain its header", img.Base)
				}
			}
			drop(space)
		}
	})
}
