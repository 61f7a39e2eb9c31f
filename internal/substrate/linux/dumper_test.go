//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"fmt"
	"os"
	"strconv"
)

// dumper is what the test binary does when it is started to be killed: it
// stops, dumps and resumes a process without end.
func dumper(text string) {
	pid, _ := strconv.Atoi(text)
	p, err := Open(pid)
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	tr, err := p.Trace()
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	watching := os.Getenv("SUBSTRATE_WATCH") != ""
	if watching {
		err = tr.SetHandler(func(Event) Action { return Deliver }, Watch{Signals: ^uint64(0), ThreadStart: true, ThreadExit: true})
		if err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
	}
	fmt.Println("go")
	var regs []ThreadRegisters
	for {
		if err := tr.Suspend(context.Background()); err != nil {
			fmt.Println(err)
			os.Exit(4)
		}
		if regs, err = tr.Dump(context.Background(), regs[:0]); err != nil {
			fmt.Println(err)
			os.Exit(5)
		}
		tr.Resume()
	}
}
