//go:build linux

package hosted

import (
	"encoding/binary"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/linux"
)

// cpuid runs the instruction; see cpuid_amd64.s.
func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)

// Darwin's float states are the FXSAVE image between two reserved fields of 8
// and 4 bytes; the AVX states go on with 64 reserved bytes and the upper
// halves of the registers.
const (
	fxsaveAt    = 8
	fxsaveSize  = 512
	ymmhAt      = fxsaveAt + fxsaveSize + 4 + 64
	opmaskAt    = ymmhAt + 16*16
	zmmhAt      = opmaskAt + 8*8
	zmm16At     = zmmhAt + 16*32
	xstateBV    = 512 // in an XSAVE image: which components are in use
	xstateSize  = 16 << 10
	componentYM = 2
	componentK  = 5
	componentZH = 6
	componentZ  = 7
)

// part is a piece of an XSAVE image and its place in Darwin's state.
type part struct{ component, darwin, size int }

var vectorParts = []part{
	{componentYM, ymmhAt, 16 * 16},
	{componentK, opmaskAt, 8 * 8},
	{componentZH, zmmhAt, 16 * 32},
	{componentZ, zmm16At, 16 * 64},
}

// offset is where the CPU puts the component in an XSAVE image (CPUID leaf
// 13), 0 if it has none.
func (p part) offset() int {
	_, at, _, _ := cpuid(13, uint32(p.component))
	return int(at)
}

func vectorSize(flavor mach.ThreadStateFlavor) (bytes, parts int) {
	switch flavor {
	case mach.X86_AVX_STATE64:
		return 4 * int(mach.X86_AVX_STATE64_COUNT), 1
	case mach.X86_AVX512_STATE64:
		return 4 * int(mach.X86_AVX512_STATE64_COUNT), 4
	}
	return 4 * int(mach.X86_FLOAT_STATE64_COUNT), 0
}

func readVectors(s *linux.Stopped, flavor mach.ThreadStateFlavor) ([]uint32, error) {
	size, parts := vectorSize(flavor)
	out := make([]byte, size)
	var f linux.FloatRegisters
	if err := s.Float(&f); err != nil {
		return nil, err
	}
	copy(out[fxsaveAt:], bytesOf(&f)[:fxsaveSize])
	if parts > 0 {
		image, err := xstate(s, parts)
		if err != nil {
			return nil, err
		}
		for _, p := range vectorParts[:parts] {
			at := p.offset()
			copy(out[p.darwin:p.darwin+p.size], image[at:])
		}
	}
	words := make([]uint32, size/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(out[4*i:])
	}
	return words, nil
}

// xstate reads the XSAVE image. It fails if the CPU or the kernel lacks one of
// the first so many parts.
func xstate(s *linux.Stopped, parts int) ([]byte, error) {
	image := make([]byte, xstateSize)
	n, err := s.RegisterSet(linux.NoteX86XState, image)
	if err != nil {
		return nil, errors.ErrUnsupported
	}
	for _, p := range vectorParts[:parts] {
		if at := p.offset(); at == 0 || at+p.size > n {
			return nil, errors.ErrUnsupported
		}
	}
	return image[:n], nil
}

func writeVectors(s *linux.Stopped, flavor mach.ThreadStateFlavor, words []uint32) error {
	size, parts := vectorSize(flavor)
	in := make([]byte, size)
	for i := 0; i < len(words) && 4*i+4 <= size; i++ {
		binary.LittleEndian.PutUint32(in[4*i:], words[i])
	}
	var f linux.FloatRegisters
	if err := s.Float(&f); err != nil {
		return err
	}
	mask := f.MXCSRMask
	copy(bytesOf(&f), in[fxsaveAt:fxsaveAt+fxsaveSize])
	f.MXCSRMask = mask
	if mask == 0 {
		mask = 0xffbf // the CPU's default
	}
	f.MXCSR &= mask // the CPU would fault on reserved bits
	if parts == 0 {
		return s.SetFloat(&f)
	}
	image, err := xstate(s, parts)
	if err != nil {
		return err
	}
	// Bytes 464 to 511 are the kernel's own marks.
	copy(image[:464], bytesOf(&f))
	use := binary.LittleEndian.Uint64(image[xstateBV:]) | 3
	for _, p := range vectorParts[:parts] {
		copy(image[p.offset():], in[p.darwin:p.darwin+p.size])
		use |= 1 << p.component
	}
	binary.LittleEndian.PutUint64(image[xstateBV:], use)
	return s.SetRegisterSet(linux.NoteX86XState, image)
}
