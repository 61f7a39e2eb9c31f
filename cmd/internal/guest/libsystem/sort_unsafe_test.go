//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// TestSortInPlace: arrays of all small sizes, with equal elements among them.
func TestSortInPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		b := make([]byte, 8*n+8)
		want := make([]uint64, n)
		for i := range want {
			want[i] = r.Uint64N(uint64(n/2 + 1))
			binary.LittleEndian.PutUint64(b[8*i:], want[i])
		}
		base := uint64(uintptr(unsafe.Pointer(&b[0])))
		value := func(at uint64) uint64 { return binary.LittleEndian.Uint64(b[at-base:]) }
		if n > 0 {
			sortInPlace(base, uint64(n), 8, func(x, y uint64) bool { return value(x) <= value(y) })
		}
		slices.Sort(want)
		for i, w := range want {
			if got := value(base + uint64(8*i)); got != w {
				t.Fatalf("%d elements: number %d is %d, want %d", n, i, got, w)
			}
		}
	}
}
