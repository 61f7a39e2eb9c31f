//go:build linux && (amd64 || arm64)

// Command soak dumps processes in storms of exec, clone, fork, vfork, exit,
// stops and signals, with the example dump_process_registers or with mach, and sends signals
// to dumpers at random moments. It ends with an error at the first hang, false
// refusal, or trace in a target.
//
//	soak -dumper|-mach PATH -storm PATH [-seed N] [-dumps N] [-signals N] [-state DIR]
//
// -state names a folder that keeps how far the run of each seed is: run it again to go on.
// scripts/soak.sh builds what it needs and runs it.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run() error {
	var s soak
	flag.Uint64Var(&s.Seed, "seed", 1, "seed of what is done in which order")
	example := flag.String("dumper", "", "the dumper")
	mach := flag.String("mach", "", "the program mach, in the dumper's place: its regs, stack and core take turns")
	flag.StringVar(&s.storm, "storm", "", "the target")
	dumps := flag.Int("dumps", 20000, "dumps to run")
	signals := flag.Int("signals", 10000, "signals to send to dumpers")
	folder := flag.String("state", "", "folder that keeps how far the run of each seed is")
	flag.Parse()
	if (*example == "") == (*mach == "") || s.storm == "" || flag.NArg() > 0 {
		return errors.New("usage: soak -dumper|-mach PATH -storm PATH [-seed N] [-dumps N] [-signals N] [-state DIR]")
	}
	s.tools = dumper(*example)
	name := "seed"
	if *mach != "" {
		cores, err := os.MkdirTemp("", "soak")
		if err != nil {
			return err
		}
		defer os.RemoveAll(cores)
		s.tools, name = machTools(*mach, cores), "mach-seed"
	}
	state := ""
	if *folder != "" {
		state = filepath.Join(*folder, fmt.Sprintf("%s-%d", name, s.Seed))
		if err := s.load(state); err != nil {
			return err
		}
	}
	told := time.Now()
	for s.Dumps < *dumps || s.Signals < *signals {
		// Both ends are reached at about the same time.
		more := s.Signals < *signals && (s.Dumps >= *dumps || s.Signals**dumps <= s.Dumps**signals)
		if err := s.block(more); err != nil {
			return err
		}
		if state != "" {
			if err := s.save(state); err != nil {
				return err
			}
		}
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			fmt.Println(&s)
		}
	}
	fmt.Println(&s)
	return nil
}

func (s *soak) String() string {
	return fmt.Sprintf("soak: seed %d, %d blocks: %d dumps to the end (%d of them of processes that had ended), %d signals; no fault",
		s.Seed, s.Block, s.Dumps, s.Refused, s.Signals)
}

// load goes on with the run that a file tells of, if there is one.
func (s *soak) load(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	seed := s.Seed
	if err := json.Unmarshal(text, s); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if s.Seed != seed {
		return fmt.Errorf("%s is of a run with seed %d, not %d", path, s.Seed, seed)
	}
	return nil
}

func (s *soak) save(path string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
