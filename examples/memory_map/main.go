// Command memory_map lists the regions of a process's memory, its own without
// an argument: go run ./examples/memory_map [-r] [pid].
//
// Each line has the addresses, the size, current and greatest protection, the
// share mode, how many pages are in memory and how many of them were written,
// what the region is for, or the segment and file of a program or library that
// is loaded there. With -r, submaps such as the shared cache are listed region by
// region.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/task"
)

func main() {
	recurse := flag.Bool("r", false, "list what is inside of submaps")
	flag.Parse()
	if err := run(os.Stdout, flag.Arg(0), *recurse); err != nil {
		fmt.Fprintln(os.Stderr, "memory_map:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, pid string, recurse bool) error {
	t := task.Self()
	if pid != "" {
		n, err := strconv.Atoi(pid)
		if err != nil {
			return fmt.Errorf("%q is no process number", pid)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if t, err = task.ForPID(ctx, n); err != nil {
			return err
		}
		defer t.Close()
	}
	return list(w, t, recurse)
}

func list(w io.Writer, t *task.Task, recurse bool) error {
	files, err := t.Files()
	if errors.Is(err, task.ErrNoImages) {
		files, err = nil, nil // not a process of dyld's
	}
	if err != nil {
		return err
	}
	walk := t.Regions()
	if recurse {
		walk = t.RegionsRecurse()
	}
	var regions int
	var size, resident, dirtied uint64
	for r, err := range walk {
		if err != nil {
			return err
		}
		regions++
		size, resident, dirtied = size+r.Size, resident+uint64(r.Resident), dirtied+uint64(r.Dirtied)
		name := task.TagName(r.Tag)
		if path, segment, ok := files.Of(r); ok {
			name = strings.TrimSpace(segment + " " + path)
		}
		fmt.Fprintf(w, "%016x-%016x %10s %s/%s SM=%s %6d %6d %-11s %s\n", r.Address, r.End(), human(r.Size),
			task.Protection(r.Protection), task.Protection(r.MaxProtection), task.ShareModeName(r.ShareMode),
			r.Resident, r.Dirtied, r.Backing(), name)
	}
	f, err := t.Footprint()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d regions of %s, %s in memory, %s written; the footprint is %s\n", regions, human(size),
		human(resident*f.PageSize), human(dirtied*f.PageSize), human(f.Physical))
	return nil
}

// human is a size with three or four digits.
func human(n uint64) string {
	units := "BKMGTPE"
	for len(units) > 1 && n >= 10000 {
		n, units = n/1024, units[1:]
	}
	return fmt.Sprintf("%d%c", n, units[0])
}
