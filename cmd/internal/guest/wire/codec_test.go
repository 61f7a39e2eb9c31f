//go:build linux

package wire

import (
	"bytes"
	"reflect"
	"runtime"
	"testing"
	"time"
)

type inner struct {
	A int8
	B *uint16
	C []string
}

type everything struct {
	Yes  bool
	Int  int
	Word uint64
	Text string
	Part float64
	At   time.Time
	Raw  []byte
	List []inner
	Many [3]int32
	Far  *inner
}

func TestCodec(t *testing.T) {
	seven := uint16(7)
	for _, v := range []any{
		nil, number{-5}, bulk{}, everything{},
		everything{true, -1 << 63, 1<<64 - 1, "text", -0.5, time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC), []byte{1, 2}, []inner{{-128, &seven, []string{"", "x"}}, {}}, [3]int32{-1, 0, 1}, &inner{A: 3}},
	} {
		b, err := encode(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(b)
		if err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%#v comes out as %#v, %v", v, got, err)
		}
		for n := range b {
			if _, err := decode(b[:n]); err == nil {
				t.Errorf("%T: %d bytes of %d are enough", v, n, len(b))
			}
		}
		if _, err := decode(append(b, 0)); err == nil {
			t.Errorf("%T: a byte behind it is not noticed", v)
		}
	}
}

// FuzzCodec decodes arbitrary bytes: what comes out encodes to something that means the same, and
// took memory in proportion.
func FuzzCodec(f *testing.F) {
	for _, v := range []any{number{1}, bulk{[]byte("abc")}, everything{List: []inner{{}}, Far: &inner{}}} {
		b, err := encode(nil, v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{3, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, err := decode(bytes.Clone(b))
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20+uint64(len(b))*64 {
			t.Errorf("%d bytes made it allocate %d", len(b), grown)
		}
		if err != nil {
			return
		}
		again, err := encode(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		w, err := decode(again)
		if err != nil {
			t.Fatal(err)
		}
		last, err := encode(nil, w)
		if err != nil || !bytes.Equal(last, again) {
			t.Errorf("%#v came out as %#v, %v", v, w, err)
		}
	})
}
