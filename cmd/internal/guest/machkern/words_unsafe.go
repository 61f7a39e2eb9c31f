package machkern

import "unsafe"

// wordsOf views a struct as 32-bit words.
func wordsOf[T any](p *T) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(p)), unsafe.Sizeof(*p)/4)
}
