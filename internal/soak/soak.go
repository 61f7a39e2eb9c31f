//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// soak dumps processes in storms, and ends some dumps by signals. All that it
// does follows from the seed and the number of the block, so that a failure
// can be done again and a long run be continued.
type soak struct {
	Seed    uint64
	Block   int // the next one
	Dumps   int // that ran to their end
	Signals int // that were sent to dumpers
	Refused int // dumps of processes that had ended

	tools []tool
	storm string // path
}

// tool is a program that looks at a process; PID stands for the process in its
// arguments.
type tool struct {
	path  string
	args  []string
	check func(text string, pid int) error
}

func (t tool) command(ctx context.Context, pid int) *exec.Cmd {
	var args []string
	for _, a := range t.args {
		args = append(args, strings.ReplaceAll(a, "PID", strconv.Itoa(pid)))
	}
	return exec.CommandContext(ctx, t.path, args...)
}

// dumper is the example dump_process_registers.
func dumper(path string) []tool { return []tool{{path, []string{"PID"}, checkDump}} }

// machTools are the commands of mach that stop a process. Cores go to a folder.
func machTools(path, folder string) []tool {
	threads := func(text string, _ int) error {
		if !strings.HasPrefix(text, "thread 0 ") {
			return fmt.Errorf("it begins %.80q", text)
		}
		return nil
	}
	core := func(text string, _ int) error {
		if !strings.Contains(text, " threads, ") {
			return fmt.Errorf("it says %.80q", text)
		}
		return nil
	}
	return []tool{
		{path, []string{"regs", "PID"}, threads},
		{path, []string{"stack", "PID"}, threads},
		{path, []string{"core", "--modified", "-o", filepath.Join(folder, "core"), "PID"}, core},
	}
}

const blockSize = 50

var kinds = []string{"exec", "exec", "clone", "fork", "exit", "stop", "signal"}

// block runs the next block: one storm, and so many dumps of it, half of which
// get a signal at a random moment if signals is set.
func (s *soak) block(signals bool) (err error) {
	rng := rand.New(rand.NewPCG(s.Seed, uint64(s.Block)))
	kind := kinds[rng.IntN(len(kinds))]
	defer func() {
		if err != nil {
			err = fmt.Errorf("seed %d block %d: %w", s.Seed, s.Block, err)
		}
	}()
	if kind == "exit" {
		err = s.exitBlock(rng, signals)
	} else {
		err = s.stormBlock(rng, kind, signals)
	}
	if err == nil {
		s.Block++
	}
	return err
}

// exitBlock dumps processes that end meanwhile.
func (s *soak) exitBlock(rng *rand.Rand, signals bool) error {
	for range blockSize {
		x, err := startStorm(s.storm, "exit", rng.IntN(30000))
		if err != nil {
			return err
		}
		err = s.step(rng, x, signals)
		if e := x.exits(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stormBlock dumps one process that goes on.
func (s *soak) stormBlock(rng *rand.Rand, kind string, signals bool) error {
	killed := 0
	if signals && kind != "exec" { // see disturbed in storm.c
		killed = 1
	}
	x, err := startStorm(s.storm, kind, killed)
	if err != nil {
		return err
	}
	defer x.cmd.Process.Kill()
	if err := x.lives(); err != nil {
		return err
	}
	before := x.state()
	for range blockSize {
		stop := kind == "stop" && rng.IntN(2) == 0
		if stop {
			x.cmd.Process.Signal(syscall.SIGSTOP)
			if rng.IntN(2) == 0 && !await(x.stopped) {
				return fmt.Errorf("SIGSTOP does not stop: %s", x.threads())
			}
		}
		if err := s.step(rng, x, signals); err != nil {
			return err
		}
		if stop {
			if !await(x.stopped) {
				return fmt.Errorf("it is not stopped any more: %s", x.threads())
			}
			x.cmd.Process.Signal(syscall.SIGCONT)
		}
		if err := x.free(); err != nil {
			return err
		}
		if rng.IntN(10) == 0 {
			if err := x.lives(); err != nil {
				return err
			}
		}
	}
	if err := x.lives(); err != nil {
		return err
	}
	if after := x.state(); after != before {
		return fmt.Errorf("%s storm was %s, and is %s", kind, before, after)
	}
	return x.end()
}

func await(ok func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}

// step dumps a process once, with a signal to the dumper if signals is set.
func (s *soak) step(rng *rand.Rand, x *storm, signals bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tool := s.tools[0]
	if len(s.tools) > 1 {
		tool = s.tools[rng.IntN(len(s.tools))]
	}
	cmd := tool.command(ctx, x.pid())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return err
	}
	var sent syscall.Signal
	if signals {
		// A dump takes some milliseconds.
		time.Sleep(time.Duration(rng.IntN(12000)) * time.Microsecond)
		all := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL}
		sent = all[rng.IntN(len(all))]
		cmd.Process.Signal(sent)
		s.Signals++
	}
	err := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("dump of the %s storm hangs; it is %s", x.kind, x.threads())
	case err == nil:
		s.Dumps++
		return tool.check(out.String(), x.pid())
	}
	var code *exec.ExitError
	if !errors.As(err, &code) {
		return err
	}
	status := code.Sys().(syscall.WaitStatus)
	said := errs.String()
	switch {
	case sent != 0 && status.Signaled() && status.Signal() == sent:
		return nil
	case sent != 0 && (strings.Contains(said, "stopped by") || status.ExitStatus() == machInterrupted):
		return nil
	case x.kind == "exit" && (status.ExitStatus() == 1 || status.ExitStatus() == machNotFound) && (strings.Contains(said, "no such process") || strings.Contains(said, "ended")):
		s.Refused++
		s.Dumps++
		return nil
	}
	return fmt.Errorf("dump of the %s storm ends with %v: %s", x.kind, err, said)
}

// What mach ends with ("mach help exit-codes").
const (
	machNotFound    = 3
	machInterrupted = 130
)

// checkDump checks that a dump has the threads that it tells of, and registers
// in it.
func checkDump(text string, pid int) error {
	var got, n int
	if _, err := fmt.Sscanf(text, "process %d: %d threads\n", &got, &n); err != nil || got != pid {
		return fmt.Errorf("the dump begins %.80q", text)
	}
	if n < 1 || strings.Count(text, "\nthread ") != n {
		return fmt.Errorf("the dump tells of %d threads, and has %d", n, strings.Count(text, "\nthread "))
	}
	if strings.Contains(text, "cannot be read") && !strings.Contains(text, "KERN_ABORTED") {
		return fmt.Errorf("a thread could not be read: %s", text)
	}
	return nil
}
