//go:build !linux || !(amd64 || arm64)

package host

import (
	"errors"
	"os"
)

// ThisMachine is the machine that this process runs on, of which nothing is
// known here but the page size.
func ThisMachine() Machine { return unknown{} }

type unknown struct{}

func (unknown) PageSize() uint64                       { return uint64(os.Getpagesize()) }
func (unknown) Memory() (m MemoryFigures, e error)     { return m, errors.ErrUnsupported }
func (unknown) CPUs() ([]CPU, error)                   { return nil, errors.ErrUnsupported }
func (unknown) Topology() (t Topology, e error)        { return t, errors.ErrUnsupported }
func (unknown) Load() (l Load, e error)                { return l, errors.ErrUnsupported }
func (unknown) Version() (string, error)               { return "", errors.ErrUnsupported }
func (unknown) BootArgs() (string, error)              { return "", errors.ErrUnsupported }
func (unknown) Expired() (u, s Ticks, e error)         { return 0, 0, errors.ErrUnsupported }
func (unknown) Interrupts(int) (i Interrupts, e error) { return i, errors.ErrUnsupported }
func (unknown) TimeSlice() (int, error)                { return 0, errors.ErrUnsupported }
func (unknown) Processes() (int, error)                { return 0, errors.ErrUnsupported }
func (unknown) Zones() ([]Zone, error)                 { return nil, errors.ErrUnsupported }
func (unknown) ClockSet(stop <-chan struct{}) bool     { <-stop; return false }
