//go:build linux

package core_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gomach/mach/core"
	"github.com/gomach/mach/internal/substrate/target"
	"github.com/gomach/mach/task"
)

func TestMain(m *testing.M) {
	target.Main(m)
}

// known is the target, with what it says of itself.
type known struct {
	*target.Target
	task              *task.Task
	pattern, big, not uint64
}

func start(t testing.TB) *known {
	t.Helper()
	k := &known{Target: target.Start(t)}
	if _, err := fmt.Sscanf(k.Line(), "0x%x 0x%x 0x%x", &k.pattern, &k.big, &k.not); err != nil {
		t.Fatal(err)
	}
	var err error
	if k.task, err = task.ForPID(t.Context(), k.PID()); err != nil {
		t.Skip("no other tasks here: ", err)
	}
	t.Cleanup(func() { k.task.Close() })
	return k
}

// dump makes a core of the target and opens it.
func (k *known) dump(t testing.TB, o core.Options) (*core.File, core.Report, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "core")
	r, err := core.Create(context.Background(), path, k.task, o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := core.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, r, path
}

func (k *known) pid() string { return strconv.Itoa(k.PID()) }

func pattern(i int) byte { return byte(i*7 + i>>8 + 42) }

func size(t testing.TB, path string) int64 {
	t.Helper()
	i, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return i.Size()
}
