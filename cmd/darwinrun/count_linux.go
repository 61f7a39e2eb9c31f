//go:build amd64 || arm64

package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// counter collects how many instructions a thread executes between two calls of a symbol.
type counter struct {
	symbols []string
	wanted  map[string]bool
	last    map[key]uint64
	between map[string][]uint64
}

type key struct {
	thread *proc.Thread
	symbol string
}

func newCounter(symbols []string) *counter {
	c := &counter{symbols: symbols, wanted: map[string]bool{}, last: map[key]uint64{}, between: map[string][]uint64{}}
	for _, s := range symbols {
		c.wanted[s] = true
	}
	return c
}

func (c *counter) call(t *proc.Thread, symbol string) {
	if !c.wanted[symbol] {
		return
	}
	k := key{t, symbol}
	if before, ok := c.last[k]; ok {
		c.between[symbol] = append(c.between[symbol], t.Instructions-before)
	}
	c.last[k] = t.Instructions
}

// report prints one line a symbol: the distribution of the counts, and the commonest one.
func (c *counter) report(w io.Writer) {
	for _, s := range c.symbols {
		n := c.between[s]
		if len(n) == 0 {
			fmt.Fprintf(w, "count %s intervals=0\n", s)
			continue
		}
		slices.Sort(n)
		fmt.Fprintf(w, "count %s intervals=%d min=%d median=%d max=%d mode=%d\n", s, len(n), n[0], n[len(n)/2], n[len(n)-1], mode(n))
	}
}

// mode is the commonest value of a sorted list.
func mode(n []uint64) (best uint64) {
	for i, most := 0, 0; i < len(n); {
		j := i
		for j < len(n) && n[j] == n[i] {
			j++
		}
		if j-i > most {
			most, best = j-i, n[i]
		}
		i = j
	}
	return best
}
