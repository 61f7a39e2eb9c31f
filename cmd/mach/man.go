package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
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
			date, err := manDate()
			if err != nil {
				return err
			}
			var pages []string
			for _, c := range withCommands(newRoot()) {
				page := filepath.Join(args[0], strings.ReplaceAll(c.CommandPath(), " ", "-")+".1")
				if err := os.WriteFile(page, manPage(c, date), 0o644); err != nil {
					return err
				}
				pages = append(pages, page)
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
