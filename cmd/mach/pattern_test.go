package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomach/mach"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, in string
		want        []int
	}{
		{"ab", "\xab", []int{0}},
		{"61 61", "aaaa", []int{0, 1, 2}},
		{"?? 61", "aa", []int{0}},
		{"61 ??", "ba", nil},
		{"61??63", "abcaxcab", []int{0, 3}},
		{"61 ?? ?? 62 63", "a..bca..b", []int{0}},
		{"0x6162", "xxab", []int{2}},
		{"61 ?? 61 62", "aaaab", []int{1}},
	} {
		p, err := hexPattern(c.pattern, true)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for i := p.index([]byte(c.in), 0); i >= 0; i = p.index([]byte(c.in), i+1) {
			got = append(got, i)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s in %q: %v, want %v", c.pattern, c.in, got, c.want)
		}
	}
	for _, s := range []string{"", "1", "123", "gg", "? ?", "??"} {
		if p, err := hexPattern(s, true); err == nil {
			t.Errorf("%q is %v", s, p)
		}
	}
	if _, err := hexPattern("61 ??", false); err == nil {
		t.Error("a gap is written")
	}
}

// Whichever byte is looked for first, the same places are found: in memory of few kinds of
// bytes, where none is rare, too.
func TestPatternIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		kinds := []byte{0, 0xff, 'a', 0x90}[:1+r.IntN(4)]
		some := func(n int) []byte {
			b := make([]byte, n)
			for i := range b {
				b[i] = kinds[r.IntN(len(kinds))]
			}
			return b
		}
		p := pattern{bytes: some(1 + r.IntN(6))}
		p.mask = bytes.Repeat([]byte{0xff}, len(p.bytes))
		for i := 1; i < len(p.bytes); i++ {
			if r.IntN(4) == 0 {
				p.bytes[i], p.mask[i] = 0, 0
			}
		}
		p.solid = 1 // the first byte: index may ask for it
		b := some(r.IntN(400))
		for from := range b {
			want := -1
			for i := from; i+len(p.bytes) <= len(b) && want < 0; i++ {
				if p.matches(b[i:]) {
					want = i
				}
			}
			if got := p.index(b, from); got != want {
				t.Fatalf("%x, %x in %x from %d: %d, want %d", p.bytes, p.mask, b, from, got, want)
			}
		}
	}
}

// patchy is memory from 0 on with pages that cannot be read.
type patchy struct {
	bytes []byte
	gone  map[uint64]bool // pages
}

func (m patchy) ReadMemory(p []byte, addr uint64) (n int, err error) {
	for n < len(p) {
		at := addr + uint64(n)
		if m.gone[at/4096] {
			return n, mach.KERN_INVALID_ADDRESS
		}
		end := min(uint64(len(p)-n), 4096-at%4096)
		n += copy(p[n:n+int(end)], m.bytes[at:])
	}
	return n, nil
}

// A search finds what a look at the whole memory finds, across pieces and regions that
// touch, and nothing across what cannot be read.
func TestSearch(t *testing.T) {
	const size = 12 << 20
	m := patchy{make([]byte, size), map[uint64]bool{3: true, 1500: true}}
	text := []byte("needle")
	places := []int{0, 100, 4093, 2*4096 + 4090, 3*4096 + 10, 4*4096 - 3, 4 * 4096, 1500*4096 - 6, 4<<20 - 3, 5<<20 - 2, 8<<20 - 5, size - 6}
	for _, at := range places {
		copy(m.bytes[at:], text)
	}
	p, err := solidPattern(text)
	if err != nil {
		t.Fatal(err)
	}
	var want []int
	for at := 0; ; at++ {
		i := bytes.Index(m.bytes[at:], text)
		if i < 0 {
			break
		}
		at += i
		if first, last := uint64(at)/4096, uint64(at+5)/4096; !m.gone[first] && !m.gone[last] {
			want = append(want, at)
		}
	}
	list := []span{{0, 5 << 20, "a"}, {5 << 20, 8<<20 - 2, "b"}, {8<<20 - 2, size, "c"}}
	var x searched
	var last uint64
	if err := x.search(t.Context(), m, p, list, 0, func(done, total uint64) { last = done }); err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, f := range x.Matches {
		got = append(got, int(f.Address))
		if !bytes.HasPrefix(f.bytes, text) {
			t.Errorf("at %#x: %q", f.Address, f.bytes)
		}
	}
	if !slices.Equal(got, want) || len(got) < 9 {
		t.Errorf("found %v\nwant %v", got, want)
	}
	if x.Unreadable != 2*4096 || x.Searched != size-2*4096 || last != size {
		t.Errorf("searched %d, not %d, told %d", x.Searched, x.Unreadable, last)
	}
	if n := len(x.Matches); n > 0 && (x.Matches[0].Type != "a" || x.Matches[n-1].Type != "c") {
		t.Errorf("types %s and %s", x.Matches[0].Type, x.Matches[n-1].Type)
	}
	// Regions that do not touch: nothing reaches from one into the next.
	x = searched{}
	if err := x.search(t.Context(), m, p, []span{{5<<20 - 4, 5 << 20, "a"}, {5<<20 + 1, 5<<20 + 4096, "b"}}, 0, func(uint64, uint64) {}); err != nil || len(x.Matches) != 0 {
		t.Errorf("%v, %+v", err, x.Matches)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.search(ended, m, p, list, 0, func(uint64, uint64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
