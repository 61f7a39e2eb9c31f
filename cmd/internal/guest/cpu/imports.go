//go:build linux && (amd64 || arm64)

package cpu

import (
	"os"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// imports is the part of a loaded library's relocations that functions are called through.
type imports struct {
	base  uintptr
	table []relocation
}

// relocation is an Elf64_Rela.
type relocation struct {
	offset uintptr
	info   uint64
	addend int64
}

// importsOf finds the table of a library; it is empty if something is not as expected.
func importsOf(handle uintptr) imports {
	const (
		linkMap  = 2  // RTLD_DI_LINKMAP
		pltSize  = 2  // DT_PLTRELSZ
		pltKind  = 20 // DT_PLTREL
		pltTable = 23 // DT_JMPREL
		rela     = 7  // DT_RELA, as the kind of the table
	)
	info, err := purego.Dlsym(purego.RTLD_DEFAULT, "dlinfo")
	if err != nil {
		return imports{}
	}
	// What struct link_map begins with.
	var m *struct {
		base    uintptr
		name    *byte
		dynamic *[256]struct{ tag, value uintptr }
	}
	if call(info, handle, linkMap, uintptr(unsafe.Pointer(&m))) != 0 || m == nil || m.dynamic == nil {
		return imports{}
	}
	var at, size, kind uintptr
	for i := 0; i < len(m.dynamic) && m.dynamic[i].tag != 0; i++ {
		switch d := m.dynamic[i]; d.tag {
		case pltSize:
			size = d.value
		case pltKind:
			kind = d.value
		case pltTable:
			at = d.value
		}
	}
	if kind != rela || at < m.base { // other C libraries than glibc may not have added the base
		return imports{}
	}
	return imports{m.base, unsafe.Slice((*relocation)(pointer(at)), size/unsafe.Sizeof(relocation{}))}
}

// find is the word that calls of a function go through, or nil.
func (t imports) find(function uintptr) *uintptr {
	for _, r := range t.table {
		if uint32(r.info) == jumpSlot {
			if word := (*uintptr)(pointer(t.base + r.offset)); *word == function {
				return word
			}
		}
	}
	return nil
}

// replace changes a word of the table, which the linker may have made read-only. The page
// stays writable: what else is in it is not known.
func replace(word *uintptr, value uintptr) bool {
	size := uintptr(os.Getpagesize())
	page := unsafe.Slice((*byte)(pointer(uintptr(unsafe.Pointer(word))&^(size-1))), size)
	if unix.Mprotect(page, unix.PROT_READ|unix.PROT_WRITE) != nil {
		return false
	}
	*word = value
	return true
}

// pointer turns an address outside Go's memory into a pointer.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }
