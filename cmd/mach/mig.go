package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/internal/mig"
	"github.com/gomach/mach/internal/mig/model"
)

func migCommand() *cobra.Command {
	var o mig.Options
	var layout bool
	c := &cobra.Command{
		Use:   "mig --layout FILE.defs...",
		Short: "The messages of an interface that a .defs file describes",
		Long: `mig compiles files in the language of Mach's interface generator, and checks them.

With --layout it prints JSON: the number of each routine's message, and where each field
of request and reply stands in a message of the largest size, as C's compiler lays out
what Apple's mig writes for programs of 64 bits. "subsystems" has the numbers, "layouts"
the messages.

#include <mach/...> finds the system's own files, in our own words, unless a folder given by
-I has one of that name.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{fmt.Errorf("FILE.defs is missing: mach mig --layout FILE.defs...")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !layout {
				return &usageError{fmt.Errorf("mig is not told what to do: --layout prints the layout of the messages")}
			}
			var subsystems []*model.Subsystem
			for _, file := range args {
				s, warnings, err := mig.File(file, o)
				for _, w := range warnings {
					fmt.Fprintln(cmd.ErrOrStderr(), w)
				}
				if err != nil {
					return fmt.Errorf("%s is not in order:\n%w", file, err)
				}
				subsystems = append(subsystems, s)
			}
			text, err := mig.LayoutOf(subsystems...).Text()
			if err == nil {
				_, err = cmd.OutOrStdout().Write(text)
			}
			return err
		},
	}
	c.Flags().BoolVar(&layout, "layout", false, "print the layout of all messages, as JSON")
	c.Flags().StringArrayVarP(&o.Include, "include", "I", nil, "look for #include <...> in `FOLDER` too")
	c.Flags().StringArrayVarP(&o.Defines, "define", "D", nil, "define the macro `NAME[=TEXT]`")
	c.Flags().StringVar(&o.CPU, "cpu", "arm64", "compile for this processor: arm64 or amd64")
	return c
}
