package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// crasher is a target that touches address 16 for each line that it reads, and says when
// it has got over that.
func crasher() {
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		func() {
			defer func() { fmt.Println("over:", recover()) }()
			var p *[3]uint64
			fmt.Println(p[2])
		}()
	}
	os.Exit(0)
}

// What "exc watch" tells is what happened (EXC_BAD_ACCESS with the address, XNU's
// osfmk/mach/exception_types.h), and the process deals with it as if nobody had looked.
func TestExcWatch(t *testing.T) {
	for _, asJSON := range []bool{true, false} {
		t.Run(fmt.Sprint("json=", asJSON), func(t *testing.T) { excWatch(t, asJSON) })
	}
}

func excWatch(t *testing.T, asJSON bool) {
	cmd := started(t, os.Args[0], "crash")
	if line := cmd.line(t); line != "ready\n" {
		t.Fatalf("the target said %q", line)
	}
	args := []string{"exc", "watch", fmt.Sprint(cmd.Process.Pid), "--count", "2"}
	if asJSON {
		args = append(args, "--json")
	}
	told, tell := io.Pipe() // says when it watches
	var printed strings.Builder
	ended := make(chan int, 1)
	go func() {
		code := run(t.Context(), args, &printed, tell)
		tell.Close()
		ended <- code
	}()
	watching := bufio.NewReader(told)
	if line, err := watching.ReadString('\n'); err != nil || !strings.HasPrefix(line, "watching process ") {
		t.Fatalf("%q, %v", line, err)
	}
	rest := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(watching)
		rest <- string(b)
	}()
	for range 2 {
		fmt.Fprintln(cmd.in, "now")
		if line := cmd.line(t); !strings.Contains(line, "over: runtime error: invalid memory address") {
			t.Errorf("the target said %q", line)
		}
	}
	if code, said := <-ended, <-rest; code != 0 {
		t.Errorf("it ended with %d: %s", code, said)
	}
	fmt.Fprintln(cmd.in, "now")
	if line := cmd.line(t); !strings.HasPrefix(line, "over: ") {
		t.Errorf("afterwards the target said %q", line)
	}
	cmd.in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the target: %v", err)
	}
	if !asJSON {
		if n := strings.Count(printed.String(), "EXC_BAD_ACCESS\nbad access to 0x10: "); n != 2 || !strings.Contains(printed.String(), "#  ADDRESS") {
			t.Errorf("%d are printed:\n%s", n, printed.String())
		}
		return
	}
	d := json.NewDecoder(strings.NewReader(printed.String()))
	for range 2 {
		var x crash
		if err := d.Decode(&x); err != nil {
			t.Fatal(err)
		}
		pc := slices.IndexFunc(x.Thread.Registers, func(r register) bool { return r.Name == "pc" || r.Name == "rip" })
		if x.Type != "EXC_BAD_ACCESS" || len(x.Codes) != 2 || x.Codes[1] != 0x10 || x.PID != cmd.Process.Pid || pc < 0 ||
			len(x.Backtrace) < 2 || x.Backtrace[0].Address != x.Thread.Registers[pc].Value {
			t.Errorf("%+v", x)
		}
	}
}
