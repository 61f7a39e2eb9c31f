package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/gen"
)

func recordNames(r gen.Record) []string { return append([]string{r.C, r.Go}, r.Names...) }

func structCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "struct NAME",
		Short: "The layout of a struct or union on both CPUs",
		Long:  "struct tells where the fields of a struct or union are, on both CPUs. NAME is its\ntag, a typedef for it, or its name in Go.",
		Args:  exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := reference()
			if err != nil {
				return err
			}
			want := strings.TrimPrefix(strings.TrimPrefix(args[0], "struct "), "union ")
			return explain(cmd, g.Records(), "struct or union", want, recordNames, printRecord)
		},
	}
}

func printRecord(w *printer, r gen.Record) {
	w.line(r.Kind, " ", r.C, " of <", r.Header, ">, in Go mach.", r.Go)
	if len(r.Names) > 0 {
		w.line("also called ", strings.Join(r.Names, ", "))
	}
	if r.Note != "" {
		w.line(r.Note)
	}
	arm, isARM := r.Layouts["arm64"]
	amd, isAMD := r.Layouts["amd64"]
	switch {
	case isARM && isAMD && reflect.DeepEqual(arm, amd):
		printLayout(w, "both CPUs", arm)
	default:
		if isARM {
			printLayout(w, "arm64", arm)
		}
		if isAMD {
			printLayout(w, "amd64", amd)
		}
	}
}

func printLayout(w *printer, cpu string, l gen.Layout) {
	w.line()
	w.line(fmt.Sprintf("%s: %d bytes, aligned to %d", cpu, l.Size, l.Align))
	var rows [][]string
	for _, f := range l.Fields {
		rows = append(rows, []string{place(f), strings.Repeat("  ", f.Depth-1) + fieldName(f), f.Type})
	}
	w.table([]string{">OFFSET", "FIELD", "TYPE"}, rows)
}

func place(f abi.Field) string {
	if len(f.Bits) == 2 {
		return fmt.Sprintf("%d:%d-%d", f.Offset, f.Bits[0], f.Bits[1])
	}
	return fmt.Sprint(f.Offset)
}

func fieldName(f abi.Field) string {
	if f.Name == "" {
		return "(unnamed)"
	}
	return f.Name
}
