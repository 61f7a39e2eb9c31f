//go:build linux && (amd64 || arm64)

package libsystem

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

//go:embed absent.txt
var absentText string

// Classes of results in absent.txt.
const (
	absentNumber   = '-'
	absentZero     = '0'
	absentErrno    = 'e'
	absentKern     = 'k'
	absentFloat    = 'f'
	absentVariable = 'd'
	absentEnd      = 'x'
)

// absent tells what libSystem exports by class.
var absent = sync.OnceValue(func() map[string]byte {
	m := map[string]byte{}
	for line := range strings.Lines(absentText) {
		names := strings.Fields(line)
		if len(names) == 0 || names[0] == "#" {
			continue
		}
		for _, name := range names[1:] {
			m[name] = names[0][0]
		}
	}
	return m
})

// Absent answers a call of a function that is not there, as one that is there and does not
// do this would: by an error of its kind.
func (s *State) Absent(c *proc.Call) {
	switch absentClass(plain(c.Symbol)) {
	case absentZero:
		c.Fail(proc.ENOSYS)
		c.Return(0)
	case absentErrno:
		c.Return(uint64(proc.ENOTSUP))
	case absentKern:
		c.Return(uint64(uint32(mach.KERN_NOT_SUPPORTED)))
	case absentEnd: // what stands behind the call is no code
		c.Park()
		c.Process.Exit(125, fmt.Errorf("%s, which does not return: %w", c.Symbol, proc.ErrUnknownSymbol))
	case absentFloat:
		c.ReturnFloat(math.NaN())
	default:
		c.Fail(proc.ENOSYS)
	}
}

func absentClass(name string) byte {
	if k := absent()[name]; k != 0 {
		return k
	}
	// Frameworks: what is created or asked for is nothing, a check has not succeeded; anything
	// else is an OSStatus, where -1 is an error.
	if strings.HasPrefix(name, "CF") || strings.HasPrefix(name, "Sec") && (strings.Contains(name, "Evaluate") ||
		strings.Contains(name, "CopyCertificate") || strings.Contains(name, "CopyData") || strings.Contains(name, "AtIndex") ||
		strings.Contains(name, "CreateSSL") || strings.Contains(name, "CreateWithData")) || strings.HasPrefix(name, "objc_") {
		return absentZero
	}
	return absentNumber
}

// IsVariable says of a symbol that nobody answers whether it is a variable: if it is one of
// libSystem's, or if no code calls it and libSystem has no function of this name.
func (s *State) IsVariable(symbol string, called bool) bool {
	name := plain(symbol)
	k, ok := absent()[name]
	if ok {
		return k == absentVariable
	}
	return !called && table[name] == nil
}
