package main

import (
	"github.com/spf13/cobra"

	"github.com/gomach/mach/task"
)

// term is a figure with what it means.
type term struct {
	Name    string `json:"name"`
	Bytes   uint64 `json:"bytes"`
	Meaning string `json:"meaning"`
}

func printTerms(w *printer, terms []term, exact bool) {
	var rows [][]string
	for _, t := range terms {
		rows = append(rows, []string{t.Name, size(t.Bytes, exact), t.Meaning})
	}
	w.table([]string{"", ">", ""}, rows)
}

func footprintCommand() *cobra.Command {
	var exact *bool
	c := &cobra.Command{
		Use:   "footprint PID",
		Short: "The memory that a process is to blame for",
		Long:  "footprint tells how much memory a process takes, as footprint(1) and Activity Monitor\ncount it, every term explained.",
		Args:  exactly("PID"), ValidArgsFunction: completePID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return inspect(cmd, args[0], func(t *task.Task, pid int) error {
				f, err := t.Footprint()
				if err != nil {
					return err
				}
				terms := footprintTerms(f)
				return emit(cmd, struct {
					PID      int    `json:"pid"`
					Regions  int    `json:"regions"`
					PageSize uint64 `json:"page_size"`
					Terms    []term `json:"terms"`
				}{pid, f.Regions, f.PageSize, terms}, func(w *printer) { printTerms(w, terms, *exact) })
			})
		},
	}
	exact = bytesFlag(c)
	return c
}

func footprintTerms(f task.Footprint) []term {
	terms := []term{
		{"footprint", f.Physical, "what limits count: its dirty memory, compressed memory included"},
		{"peak", f.PhysicalPeak, "the most that this was"},
		{"compressed", f.Compressed, "of that, what is compressed or swapped out"},
		{"resident", f.Resident, "in main memory, what it shares with others counted whole"},
		{"resident peak", f.ResidentPeak, "the most that this was"},
		{"virtual", f.Virtual, "address space that is mapped"},
	}
	if f.PhysicalPeak == 0 { // the system does not tell
		terms = append(terms[:1], terms[2:]...)
	}
	return terms
}
