//go:build linux && (amd64 || arm64)

package proc

import "fmt"

// reportAbsent says once of a function that it is not there.
func (p *Process) reportAbsent(c *Call) {
	if p.absent == nil {
		p.absent = map[string]bool{}
	}
	if p.absent[c.Symbol] {
		return
	}
	p.absent[c.Symbol] = true
	fmt.Fprintf(p.Stderr, "darwinrun: %s: %v (called from %#x); the call fails\n", c.Symbol, ErrUnknownSymbol, c.ReturnAddress())
}
