package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/host"
)

// memoryChange is what happened to the memory between two looks, and how it is used at
// the second.
type memoryChange struct {
	Seconds float64          `json:"seconds"`
	Now     memoryStatistics `json:"statistics"`
	Events  []event          `json:"events"`
}

type event struct {
	Name    string `json:"name"`
	Count   uint64 `json:"count"`
	Meaning string `json:"meaning"`
}

func vmstatCommand() *cobra.Command {
	var count int
	var exact *bool
	c := &cobra.Command{
		Use:   "vmstat [INTERVAL]",
		Short: "How the memory is used, and what happens to it",
		Long: `vmstat tells how the computer's memory is used and what has happened to it since the
system was started, as vm_stat(1) does. With an INTERVAL such as 2s it tells again and
again what happened in it, until --count looks are over or it is interrupted.`,
		Args: optional("INTERVAL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := host.MemoryStatistics()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				terms, events := memoryTerms(before), memoryEvents(before, host.Memory{})
				return emit(cmd, struct {
					PageSize uint64  `json:"page_size"`
					Terms    []term  `json:"terms"`
					Events   []event `json:"events"`
				}{before.PageSize, terms, events}, func(w *printer) {
					w.line("pages of ", size(before.PageSize, *exact))
					w.line()
					printTerms(w, terms, *exact)
					w.line()
					printEvents(w, events)
				})
			}
			every, err := interval(args[0])
			if err != nil {
				return err
			}
			looks := -1
			if cmd.Flags().Changed("count") {
				looks = count
			}
			return watchMemory(cmd, before, every, looks, *exact)
		},
	}
	c.Flags().IntVarP(&count, "count", "n", 1, "how many looks")
	exact = bytesFlag(c)
	return c
}

// memoryTerms are the figures of a moment. What the system does not tell is left out.
func memoryTerms(m host.Memory) []term {
	terms := []term{
		{"free", m.Free - min(m.Speculative, m.Free), "nothing is in it"},
		{"active", m.Active, "used not long ago"},
		{"inactive", m.Inactive, "not used for a while"},
		{"speculative", m.Speculative, "read ahead, and not used yet"},
		{"wired", m.Wired, "cannot be moved out of memory"},
		{"purgeable", m.Purgeable, "its programs can do without it"},
	}
	if m.HasCompressor() {
		terms = append(terms, []term{
			{"throttled", m.Throttled, "waits for the disk"},
			{"file-backed", m.FileBacked, "copies of files"},
			{"anonymous", m.Anonymous, "no file stands behind it"},
			{"compressor", m.Compressor, "taken by the compressor"},
			{"compressed", m.Compressed, "what lies in the compressor, at its full size"},
		}...)
	}
	if m.HasSwapped() {
		terms = append(terms, term{"swapped", m.Swapped, "of that, what lies on disk"})
	}
	return terms
}

// memoryEvents are what has happened between two looks.
func memoryEvents(m, before host.Memory) []event {
	events := []event{
		{"faults", m.Faults - before.Faults, "pages that had to be found when they were touched"},
		{"copy-on-write", m.CopyOnWriteFaults - before.CopyOnWriteFaults, "copies of pages that were shared until somebody wrote"},
		{"zero-filled", m.ZeroFills - before.ZeroFills, "new pages"},
		{"reactivated", m.Reactivations - before.Reactivations, "inactive pages that were used again"},
		{"purged", m.Purges - before.Purges, "purgeable pages that were taken"},
		{"pageins", m.Pageins - before.Pageins, "read from files"},
		{"pageouts", m.Pageouts - before.Pageouts, "written to files"},
	}
	if m.HasCompressor() {
		events = append(events, []event{
			{"compressions", m.Compressions - before.Compressions, "pages that the compressor took in"},
			{"decompressions", m.Decompressions - before.Decompressions, "pages that it gave back"},
			{"swapins", m.Swapins - before.Swapins, "read from swap"},
			{"swapouts", m.Swapouts - before.Swapouts, "written to swap"},
		}...)
	}
	return events
}

func printEvents(w *printer, events []event) {
	var rows [][]string
	for _, e := range events {
		rows = append(rows, []string{e.Name, fmt.Sprint(e.Count), e.Meaning})
	}
	w.table([]string{"SINCE THE START", ">TIMES", ""}, rows)
}

// watchMemory prints a line for each interval, with the titles again and again.
func watchMemory(cmd *cobra.Command, before host.Memory, every time.Duration, looks int, exact bool) error {
	const titlesEach = 20
	for i := 0; i != looks; i++ {
		start := time.Now()
		if err := host.Sleep(cmd.Context(), every); err != nil {
			return err
		}
		now, err := host.MemoryStatistics()
		if err != nil {
			return err
		}
		x := memoryChange{time.Since(start).Seconds(), newMemoryStatistics(now), memoryEvents(now, before)}
		if err := emit(cmd, x, func(w *printer) {
			if i%titlesEach == 0 {
				w.line("  FREE ACTIVE INACTV  WIRED  FILES   ANON COMPRD   FAULTS  ZEROED     IN    OUT")
			}
			for _, v := range []uint64{now.Free, now.Active, now.Inactive, now.Wired, now.FileBacked, now.Anonymous, now.Compressor} {
				w.WriteString(fmt.Sprintf("%6s ", size(v, exact)))
			}
			w.line(fmt.Sprintf("%8d %7d %6d %6d", now.Faults-before.Faults, now.ZeroFills-before.ZeroFills,
				now.Pageins+now.Swapins-before.Pageins-before.Swapins, now.Pageouts+now.Swapouts-before.Pageouts-before.Swapouts))
		}); err != nil {
			return err
		}
		before = now
	}
	return nil
}
