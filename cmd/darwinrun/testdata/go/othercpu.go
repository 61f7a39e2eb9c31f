// Command othercpu debugs the program that its argument names, which is one of another CPU: that is
// refused before anything is changed in it.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"time"

	"github.com/gomach/mach/exc"
)

func must(err error) {
	if err != nil {
		log.Output(2, err.Error())
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) == 1 {
		fmt.Println("ready")
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		fmt.Print("read ", line)
		must(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[1])
	in, err := c.StdinPipe()
	must(err)
	out, err := c.StdoutPipe()
	must(err)
	must(c.Start())
	lines := bufio.NewScanner(out)
	lines.Scan()
	d, err := exc.Debug(ctx, c.Process.Pid)
	fmt.Println(errors.Is(err, errors.ErrUnsupported), d == nil)
	_, err = io.WriteString(in, "on\n")
	must(err)
	lines.Scan()
	fmt.Println(lines.Text())
	must(c.Wait())
}
