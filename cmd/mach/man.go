package main

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Writes the manual pages",
		Long: `man writes a manual page of mach and of each command into a folder that it makes if
there is none: "man -l DIR/mach-regs.1" shows one, and /usr/local/share/man/man1 is where
man finds them. SOURCE_DATE_EPOCH is their date, if it is set.`,
		Args: exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := newRoot()
			root.DisableAutoGenTag = true
			if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "mach", Manual: "mach"}, args[0]); err != nil {
				return err
			}
			pages, err := filepath.Glob(filepath.Join(args[0], "mach*.1"))
			if err != nil {
				return err
			}
			slices.Sort(pages)
			return emit(cmd, pages, func(w *printer) {
				for _, p := range pages {
					w.line(p)
				}
			})
		},
	}
}
