package core

import (
	"errors"
	"fmt"
)

// Figures of <mach-o/loader.h>.
const (
	magic64        = 0xfeedfacf
	typeCore       = 4
	commandThread  = 0x4
	commandUnix    = 0x5 // LC_UNIXTHREAD
	commandSegment = 0x19
	commandNote    = 0x31

	headerSize  = 32
	segmentSize = 72
	noteSize    = 40
	threadSize  = 8 // without states

	subtypeARM64 = 0 // CPU_SUBTYPE_ARM64_ALL
	subtypeX86   = 3 // CPU_SUBTYPE_X86_64_ALL
)

// Owners of notes, which have 16 bytes.
const (
	noteImages   = "all image infos"
	noteMetadata = "process metadata"
	noteBits     = "addrable bits"
	noteProcess  = "gomach process"
)

// Bounds on what a file may claim.
const (
	maxCommands = 64 << 20 // bytes of load commands: 900,000 regions
	maxNote     = 256 << 20
	maxImages   = 1 << 16
	maxSegments = 1 << 10 // of an image
	maxPath     = 4096
	maxPage     = 1 << 20
)

// ErrFormat says that a file is no core, or one that makes no sense. Its text says
// what is wrong.
var ErrFormat = errors.New("core: not a valid Mach-O core")

// ErrTruncated says that a core's end is missing. It is [ErrFormat].
var ErrTruncated = fmt.Errorf("%w: the file is cut off", ErrFormat)

// ErrNotSaved says that memory is not in the core: it was not mapped, not readable
// or left out.
var ErrNotSaved = errors.New("core: the memory is not in the core")

// ErrClosed says that the core was closed, or is nil or zero.
var ErrClosed = errors.New("core: use of a closed file")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// pageUp rounds up to a multiple of the page size, a power of two.
func pageUp(n, page uint64) uint64 { return (n + page - 1) &^ (page - 1) }
