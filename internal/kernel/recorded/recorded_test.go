package recorded

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/apitest"
)

// kinds are the recordings with the number of their sequences and operations,
// as README.md in testdata has it: none may get lost.
var kinds = map[string][2]int{
	"ports": {350, 15505}, "messages": {500, 22229}, "descriptors": {250, 10901}, "sets": {250, 10758},
	"setorder": {250, 10838}, "notifications": {350, 15542}, "options": {300, 13434}, "mig": {400, 17534},
	"exceptionports": {250, 10561}, "specialports": {100, 4025}, "death": {250, 14591}, "differences": {22, 137},
}

// What XNU's own code answered, operation by operation.
func TestRecorded(t *testing.T) {
	for kind, want := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			sequences, operations := replay(t, kind)
			if sequences != want[0] || operations != want[1] {
				t.Errorf("%d sequences with %d operations, want %d with %d", sequences, operations, want[0], want[1])
			}
		})
	}
	files, err := filepath.Glob("testdata/*.txt.gz")
	if err != nil || len(files) != len(kinds) {
		t.Errorf("%d recordings in testdata, %v; want %d", len(files), err, len(kinds))
	}
}

// replay runs the sequences of a kind. What follows a difference may come from
// it, so a sequence ends there.
func replay(t *testing.T, kind string) (sequences, operations int) {
	failed := 0
	every(t, "testdata/"+kind+".txt.gz", func(title string, lines, results []string) {
		sequences++
		operations += len(lines)
		if (apitest.Race || runtime.GOOS == "darwin") && sequences%10 != 0 {
			return // the race detector and the emulator are slow: all are played without them
		}
		w := NewWorld()
		defer w.Close()
		for i, line := range lines {
			got, want := w.Do(line), results[i]
			if got == want {
				continue
			}
			if failed++; failed <= 3 {
				t.Errorf("%s, operation %d\n%s\n got %s\nwant %s", title, i+1, strings.Join(lines[:i+1], "\n"), got, want)
			}
			return
		}
	})
	if failed > 3 {
		t.Errorf("%d sequences differ", failed)
	}
	return sequences, operations
}

func every(t *testing.T, path string, f func(title string, lines, results []string)) {
	t.Helper()
	if err := Every(path, f); err != nil {
		t.Fatal(err)
	}
}
