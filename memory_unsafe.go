package mach

import (
	"unsafe"

	"github.com/gomach/mach/internal/libsystem"
)

// PackedUint64 is a 64-bit value that C packs to a 4-byte boundary, which no
// Go uint64 can stand at.
type PackedUint64 [2]uint32

// PackUint64 packs v.
func PackUint64(v uint64) PackedUint64 { return PackedUint64{uint32(v), uint32(v >> 32)} }

// Uint64 returns the value.
func (p PackedUint64) Uint64() uint64 { return uint64(p[0]) | uint64(p[1])<<32 }

// Set stores v.
func (p *PackedUint64) Set(v uint64) { *p = PackUint64(v) }

// PackedInt64 is PackedUint64 for signed values.
type PackedInt64 [2]uint32

// PackInt64 packs v.
func PackInt64(v int64) PackedInt64 { return PackedInt64(PackUint64(uint64(v))) }

// Int64 returns the value.
func (p PackedInt64) Int64() int64 { return int64(PackedUint64(p).Uint64()) }

// Set stores v.
func (p *PackedInt64) Set(v int64) { *p = PackInt64(v) }

// Uint128 is C's 128-bit integer, low half first. Go aligns it to 8 bytes
// where C asks for 16; the structs that hold it come out the same.
type Uint128 [2]uint64

// Info views a flavored struct as the array of integers that the info calls
// take, such as [HostInfo], [TaskInfo] and [ThreadInfo]. T must be a struct of
// package mach without Go pointers.
func Info[T any](p *T) *Integer { return (*Integer)(unsafe.Pointer(p)) }

// State is Info for the calls that take a thread state, such as
// [ThreadGetState].
func State[T any](p *T) *Natural { return (*Natural)(unsafe.Pointer(p)) }

// CountOf is the size of T in 32-bit words, the unit in which info and state
// calls count.
func CountOf[T any]() MachMsgTypeNumber {
	var z T
	return MachMsgTypeNumber(unsafe.Sizeof(z) / 4)
}

// Slice views n elements of memory that a call handed over, such as the list
// of [TaskThreads]. The memory stays the caller's to release, with
// [MachVMDeallocate] of [AddressOf](p) and [SizeOf][T](n); do not use the
// slice afterwards.
func Slice[T any, N ~int | ~int32 | ~uint32](p *T, n N) []T {
	if p == nil || n <= 0 {
		return nil
	}
	return unsafe.Slice(p, int(n))
}

// AddressOf is the address that p points to, for calls that take memory by
// address. What p points to does not move after that: a local variable whose
// address is taken so lives on the heap. But the address does not keep it
// alive: for Go's own memory call runtime.KeepAlive(p) after the call.
func AddressOf[T any](p *T) MachVMAddress {
	return MachVMAddress(uintptr(libsystem.Escape(unsafe.Pointer(p))))
}

// BytesAt views memory of this process by its address, such as that of
// [MachVMRead], [MachVMAllocate] and [MachVMMap]. Reading or writing where
// nothing is mapped crashes the program. The memory stays the caller's to
// release; do not use the slice afterwards.
//
//go:noinline
func BytesAt(address MachVMAddress, size MachVMSize) []byte {
	if address == 0 || size == 0 {
		return nil
	}
	p := uintptr(address)
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&p))), size)
}

// MessageBytes views a whole message, header included, that stands in a
// buffer of at least header.MsghSize bytes, such as those that a [Demux] gets.
func MessageBytes(header *MachMsgHeader) []byte {
	if header == nil {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(header)), header.MsghSize)
}

// SizeOf is the size of n elements in bytes.
func SizeOf[T any, N ~int | ~int32 | ~uint32](n N) MachVMSize {
	var z T
	return MachVMSize(unsafe.Sizeof(z)) * MachVMSize(n)
}
