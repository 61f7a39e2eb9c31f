package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/internal/gen"
)

func functionNames(f gen.Function) []string { return []string{f.C, f.Go} }

func funcCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "func NAME",
		Short: "A function's prototype, Go form and documentation",
		Long:  "func tells the prototype of a function that libSystem exports, its form in package\nmach, and its documentation. NAME is its name in C or Go.",
		Args:  exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := reference()
			if err != nil {
				return err
			}
			all, err := g.Functions()
			if err != nil {
				return err
			}
			want := strings.TrimPrefix(strings.TrimSuffix(args[0], "()"), "mach.")
			return explain(cmd, all, "function", want, functionNames, printFunction)
		},
	}
}

func printFunction(w *printer, f gen.Function) {
	w.line(f.Prototype, ";")
	if f.Header == "" {
		w.line("    exported by libSystem, declared by no public header")
	} else {
		w.line("    <", f.Header, ">")
	}
	w.line()
	w.line(f.Signature)
	w.line()
	w.line(f.Doc)
}
