// Command stepped debugs itself: after a step at a place, whoever gets there next runs on.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"time"

	"github.com/gomach/mach/exc"
)

//go:noinline
func target(n int) int { return n + 1 }

func child() {
	fmt.Println(reflect.ValueOf(target).Pointer())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		n, _ := strconv.Atoi(in.Text())
		fmt.Println(target(n))
	}
}

func must(err error) {
	if err != nil {
		log.Output(2, err.Error())
		os.Exit(1)
	}
}

func main() {
	if os.Getenv("STEPPED_CHILD") != "" {
		child()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	self, err := os.Executable()
	must(err)
	c := exec.CommandContext(ctx, self)
	c.Env = append(os.Environ(), "STEPPED_CHILD=1")
	in, err := c.StdinPipe()
	must(err)
	out, err := c.StdoutPipe()
	must(err)
	must(c.Start())
	lines := bufio.NewScanner(out)
	lines.Scan()
	address, err := strconv.ParseUint(lines.Text(), 10, 64)
	must(err)
	d, err := exc.Debug(ctx, c.Process.Pid)
	must(err)
	_, err = d.SetBreakpoint(ctx, address)
	must(err)
	io.WriteString(in, "1\n")
	stop, err := d.Wait(ctx)
	must(err)
	must(stop.Point.Clear(ctx))
	at := stop.Address
	stop, err = d.Step(ctx)
	must(err)
	fmt.Println(stop.Reason, at == address, stop.Address > at)
	if len(os.Args) > 1 { // once more, from the beginning
		regs, err := stop.Thread.Registers()
		must(err)
		regs.SetPC(at)
		must(stop.Thread.SetRegisters(regs))
	}
	must(d.Continue(ctx))
	lines.Scan()
	fmt.Println(lines.Text())
	for range 3 {
		io.WriteString(in, "5\n")
		lines.Scan()
		fmt.Println(lines.Text())
	}
	in.Close()
	must(d.Close())
	must(c.Wait())
}
