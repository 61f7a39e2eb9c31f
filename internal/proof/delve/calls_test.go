package delve

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// said are the functions and constants that docs/debuggers.md names: it does not
// compile without them.
var said = []any{
	task.ForPID, (*task.Task).PID, task.Info[mach.MachTaskBasicInfo], exc.NewServer, (*exc.Server).Attach,
	(*exc.Attachment).Close, (*port.Notifier).DeadName, (*exc.Debugger).Wait, (*exc.Debugger).Continue,
	(*exc.Debugger).Interrupt, (*task.Task).Threads, (*task.Task).Suspend, (*task.Suspension).Resume,
	(*task.Thread).Suspend, (*task.Thread).Resume, (*task.Thread).ID, task.ThreadInfo[mach.ThreadBasicInfo],
	(*task.Thread).Registers, (*task.Thread).SetRegisters, (*task.Registers).SetPC, task.State[mach.ARMNeonState64],
	(*exc.Debugger).StepThread, (*task.Task).ReadMemory, (*task.Task).Patch, (*exc.Debugger).SetBreakpoint,
	(*task.Task).Images, mach.MachPortGetRefs, (*task.Task).Close, mach.KernReturn.Error, exc.Signalled,
	exc.Launch,
}

// nameOf is how the table writes it.
func nameOf(t *testing.T, x any) string {
	v := reflect.ValueOf(x)
	if r, is := x.(exc.Reason); is {
		if r != exc.Signalled {
			t.Fatalf("reason %v has no name", r)
		}
		return "exc.Signalled"
	}
	full := runtime.FuncForPC(v.Pointer()).Name()
	full = strings.TrimPrefix(full, "github.com/gomach/mach")
	full, _, _ = strings.Cut(full, "[")
	full = strings.NewReplacer("(*", "", ")", "").Replace(full)
	if strings.HasPrefix(full, ".") {
		return "mach" + full
	}
	return strings.TrimPrefix(full, "/")
}

// The table names no function that there is not, and no test that there is not.
func TestTableOfCalls(t *testing.T) {
	const root = "../../.."
	text, err := os.ReadFile(filepath.Join(root, "docs/debuggers.md"))
	if err != nil && runtime.GOOS == "darwin" {
		t.Skip("a guest of darwinrun sees its own folders only: ", err)
	}
	must(t, err)
	var want, got []string
	for _, x := range said {
		want = append(want, nameOf(t, x))
	}
	row := regexp.MustCompile("(?m)^\\| [^|]+ \\| [^|]+ \\| `([^`]+)` \\| (\\S+) (Test\\w+) \\|$")
	rows := row.FindAllStringSubmatch(string(text), -1)
	if lines := strings.Count(string(text), "\n| "); len(rows) != lines-2 || len(rows) == 0 {
		t.Errorf("%d of %d lines are rows", len(rows), lines)
	}
	for _, r := range rows {
		if !slices.Contains(got, r[1]) {
			got = append(got, r[1])
		}
		files, err := filepath.Glob(filepath.Join(root, r[2], "*_test.go"))
		must(t, err)
		found := false
		for _, f := range files {
			b, err := os.ReadFile(f)
			must(t, err)
			found = found || strings.Contains(string(b), fmt.Sprintf("\nfunc %s(t *testing.T) {", r[3]))
		}
		if !found {
			t.Errorf("%s: no %s in %s", r[1], r[3], r[2])
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the table names\n%q\nand the test\n%q", got, want)
	}
}
