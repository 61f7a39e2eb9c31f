//go:build amd64 || arm64

package main

import (
	"fmt"
	"net"
	"os"

	"github.com/gomach/mach/cmd/internal/guest/gdb"
	"github.com/gomach/mach/cmd/internal/guest/machkern"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// debugger waits for debuggers at an address; the program does not begin before the first
// one lets it. ended is to be called when the program has ended: it tells the debugger.
func debugger(address string, p *proc.Process) (ended func(code, signal int), err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	g := gdb.NewGuest(p, machkern.Memory(p))
	served := make(chan struct{})
	go func() {
		defer close(served)
		gdb.Listen(l, g)
	}()
	fmt.Fprintf(os.Stderr, "darwinrun: waiting for a debugger at %s\n", l.Addr())
	return func(code, signal int) {
		_ = l.Close()
		g.Ended(code, signal)
		<-served
	}, nil
}
