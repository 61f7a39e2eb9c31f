//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// storm is a running testdata/storm.c of the substrate's tests.
type storm struct {
	kind  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	errs  bytes.Buffer
	beats int64
}

// patience is how long anything may take that takes milliseconds on an idle
// machine. Who waits longer hangs.
const patience = 30 * time.Second

func startStorm(path, kind string, arg int) (*storm, error) {
	s := &storm{kind: kind, cmd: exec.Command(path, kind, strconv.Itoa(arg)), lines: make(chan string, 1), beats: -1}
	s.cmd.Stderr = &s.errs
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.lines)
		for b := bufio.NewScanner(out); b.Scan(); {
			s.lines <- b.Text()
		}
	}()
	return s, nil
}

func (s *storm) pid() int { return s.cmd.Process.Pid }

// ask has the storm say how it is.
func (s *storm) ask() error {
	if _, err := io.WriteString(s.in, "\n"); err != nil {
		return fmt.Errorf("%s storm: %w", s.kind, err)
	}
	select {
	case line := <-s.lines:
		n, err := strconv.ParseInt(strings.TrimPrefix(line, "ok "), 10, 64)
		if err != nil || !strings.HasPrefix(line, "ok ") {
			return fmt.Errorf("%s storm says %q", s.kind, line)
		}
		s.beats = n
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s storm is silent: %s", s.kind, s.threads())
	}
}

// lives checks that the storm goes on.
func (s *storm) lives() error {
	if err := s.ask(); err != nil {
		return err
	}
	was := s.beats
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if err := s.ask(); err != nil {
			return err
		}
		if s.beats > was {
			return nil
		}
	}
	return fmt.Errorf("%s storm makes no progress after %d: %s", s.kind, was, s.threads())
}

// free checks that nobody traces the storm any more.
func (s *storm) free() error {
	text := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		text = s.threads()
		if !strings.ContainsRune(text, '*') && !strings.ContainsRune(text, 't') {
			return nil
		}
	}
	return fmt.Errorf("%s storm is still held: %s", s.kind, text)
}

// stopped tells whether all threads are in a job-control stop and untraced.
func (s *storm) stopped() bool {
	text := s.threads()
	return text != "" && strings.Trim(text, "T") == ""
}

// threads gives the state of each thread, with an asterisk if it is traced.
func (s *storm) threads() string {
	dir := fmt.Sprintf("/proc/%d/task", s.pid())
	tids, _ := os.ReadDir(dir)
	var b strings.Builder
	for _, tid := range tids {
		text, err := os.ReadFile(dir + "/" + tid.Name() + "/status")
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if state, ok := strings.CutPrefix(line, "State:\t"); ok && state[0] != 'Z' && state[0] != 'X' {
				b.WriteByte(state[0])
			}
			if tracer, ok := strings.CutPrefix(line, "TracerPid:\t"); ok && strings.TrimSpace(tracer) != "0" {
				b.WriteByte('*')
			}
		}
	}
	return b.String()
}

// state gives what no dump may change: the first thread's signals, rights and
// files. Where the process is another each moment (exec), it is empty.
func (s *storm) state() string {
	if s.kind == "exec" {
		return ""
	}
	dir := fmt.Sprintf("/proc/%d/", s.pid())
	text, _ := os.ReadFile(dir + "status")
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "SigBlk", "SigIgn", "SigCgt", "CapEff", "NoNewPrivs", "Seccomp":
			b.WriteString(name + strings.Join(strings.Fields(value), "") + " ")
		}
	}
	files, _ := os.ReadDir(dir + "fd")
	for _, f := range files {
		to, _ := os.Readlink(dir + "fd/" + f.Name())
		b.WriteString(f.Name() + ">" + to + " ")
	}
	return b.String()
}

// end ends the storm, and checks how it ends.
func (s *storm) end() error {
	s.in.Close()
	defer s.cmd.Process.Kill()
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil || s.errs.Len() > 0 {
			return fmt.Errorf("%s storm ends with %v, %q", s.kind, err, &s.errs)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s storm does not end: %s", s.kind, s.threads())
	}
}

// exits waits for a process that ends by itself, with 42.
func (s *storm) exits() error {
	defer s.cmd.Process.Kill()
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case err := <-ended:
		var code *exec.ExitError
		if !errors.As(err, &code) || code.ExitCode() != 42 {
			return fmt.Errorf("a process that exits with 42 ended with %v", err)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("a process that exits does not end: %s", s.threads())
	}
}
