package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/apitest"
	"github.com/gomach/mach/internal/kernel/recorded"
)

// recordedVariable names a recording to the copy of the test binary that plays
// it: handlers, guards and messages of the sequences are its own matter.
const recordedVariable = "MACH_CONFORMANCE_RECORDED"

func recording(kind string) string {
	return filepath.Join("..", "internal", "kernel", "recorded", "testdata", kind+".txt.gz")
}

// What XNU's own code answered in random sequences of operations, from the
// public functions: each task of a sequence is played by a process until a right
// goes to or comes from another task. Package recorded has the sequences whole,
// and those of special ports, of which a process has its own.
func TestRecordedSequences(t *testing.T) {
	violation(t, "random operations on ports")
	for kind, least := range map[string]int{
		"ports": 5000, "messages": 7000, "descriptors": 2500, "sets": 7000, "setorder": 10838, "notifications": 5000,
		"options": 5000, "exceptionports": 1250, "death": 7000, "mig": 4000, "differences": 90,
	} {
		t.Run(kind, func(t *testing.T) {
			if _, err := os.Stat(recording(kind)); err != nil {
				t.Skip("the recording is not at hand: ", err)
			}
			if kind == "mig" || kind == "differences" { // they send to the kernel's ports
				if runtime.GOOS == "darwin" {
					macOS12(t)
				}
			}
			c, in, r := startCopy(t, recordedVariable+"="+kind, "MACH_MESSAGES=macos12")
			t.Cleanup(func() { in.Close(); c.Process.Kill(); c.Wait() })
			for {
				line, err := r.ReadString('\n')
				var sequences, operations int
				if n, _ := fmt.Sscanf(line, "done %d %d", &sequences, &operations); n == 2 {
					if operations < least/every(kind)*3/4 {
						t.Errorf("only %d operations of %d sequences, want %d", operations, sequences, least/every(kind)*3/4)
					}
					return
				}
				if err != nil {
					t.Fatal("the copy has ended: ", err)
				}
				t.Error(strings.ReplaceAll(strings.TrimSpace(line), "\\n", "\n"))
			}
		})
	}
}

// playRecording is what the copy does: it prints differences, and how much it
// has played. Each sequence has a thread of its own, as the recordings have.
func playRecording(kind string) {
	p := newProcess()
	sequences, operations, failed := 0, 0, 0
	play := func(task int, title string, lines, results []string) {
		defer close(p.done)
		runtime.LockOSThread()
		defer mach.MIGDeallocReplyPort(mach.MIGGetReplyPort())
		s := recorded.NewAlone(p, task)
		defer func() { p.clear(s.Names(), lines) }()
		for i, line := range lines {
			got, performed, right := s.Do(line, results[i])
			if performed {
				operations++
			}
			if right {
				continue
			}
			if failed++; failed <= 3 {
				report := fmt.Sprintf("%s, operation %d of task %d\n%s\n got %s\nwant %s", title, i+1, task, strings.Join(lines[:i+1], "\n"), got, results[i])
				fmt.Println(strings.ReplaceAll(report, "\n", "\\n"))
			}
			return
		}
	}
	err := recorded.Every(recording(kind), func(title string, lines, results []string) {
		if sequences++; sequences%every(kind) != 0 {
			return
		}
		for task := range 3 {
			p.done = make(chan struct{})
			go play(task, title, lines, results)
			<-p.done
		}
	})
	if err != nil {
		fmt.Println(err)
	}
	if failed > 3 {
		fmt.Println(failed, "differences")
	}
	fmt.Println("done", sequences, operations)
}

// every how many sequences are played: guests and the race detector are slower.
func every(kind string) int {
	if (runtime.GOOS == "darwin" || apitest.Race) && kind != "differences" {
		return 25
	}
	return 1
}
