package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/task"
)

// written is a change of memory, with what was there.
type written struct {
	PID     int     `json:"pid"`
	Address address `json:"address"`
	Size    int     `json:"size"`
	Before  string  `json:"before"` // in hex
	After   string  `json:"after"`
}

func writeCommand() *cobra.Command {
	var code bool
	var file string
	var read func(string, bool) (pattern, error)
	c := &cobra.Command{
		Use:   "write PID ADDRESS [BYTES]",
		Short: "Changes memory of a process",
		Long: `write puts BYTES into a process's memory and shows what was there before. They are
written in hex, as text with --string or --utf16, or come from a file with --from (- is
standard input). Memory that is not writable, such as code, is changed with --patch: it
stops the process for that moment and keeps the protection.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if file != "" {
				return exactly("PID", "ADDRESS")(cmd, args)
			}
			return exactly("PID", "ADDRESS", "BYTES")(cmd, args)
		},
		ValidArgsFunction: completePID,
		RunE: func(cmd *cobra.Command, args []string) error {
			addr, err := number(args[1])
			if err != nil {
				return err
			}
			var b []byte
			if file != "" {
				b, err = contents(cmd, file)
			} else {
				var p pattern
				p, err = read(args[2], false)
				b = p.bytes
			}
			if err != nil {
				return err
			}
			return inspect(cmd, args[0], func(t *task.Task, pid int) error {
				before, err := change(cmd, t, uint64(addr), b, code)
				if err != nil {
					return err
				}
				x := written{pid, address(addr), len(b), hex.EncodeToString(before), hex.EncodeToString(b)}
				return emit(cmd, x, func(w *printer) {
					w.line("before")
					dump(w, uint64(addr), before)
					w.line("after")
					dump(w, uint64(addr), b)
				})
			})
		},
	}
	read = textFlags(c)
	c.Flags().BoolVar(&code, "patch", false, "also where the memory is not writable")
	c.Flags().StringVar(&file, "from", "", "take the bytes from this file")
	c.MarkFlagsMutuallyExclusive("from", "string")
	c.MarkFlagsMutuallyExclusive("from", "utf16")
	return c
}

// contents are those of a file, or of standard input for -.
func contents(cmd *cobra.Command, file string) (b []byte, err error) {
	if file == "-" {
		b, err = io.ReadAll(cmd.InOrStdin())
	} else {
		b, err = os.ReadFile(file)
	}
	if err == nil && len(b) == 0 {
		return nil, errNoBytes
	}
	return b, err
}

// change writes memory and returns what was there. What could be written only in part is
// as it was.
func change(cmd *cobra.Command, t *task.Task, addr uint64, b []byte, code bool) (before []byte, err error) {
	before = make([]byte, len(b))
	if n, err := t.ReadMemory(before, addr); err != nil {
		return nil, fmt.Errorf("at %#x: %w", addr+uint64(n), err)
	}
	if code {
		s, err := t.Suspend(cmd.Context())
		if err != nil {
			return nil, err
		}
		return before, errors.Join(t.Patch(addr, b), s.Close())
	}
	n, err := t.WriteMemory(b, addr)
	if err == nil {
		return before, nil
	}
	err = fmt.Errorf("at %#x: %w; --patch writes what is not writable, too", addr+uint64(n), err)
	if n > 0 {
		_, e := t.WriteMemory(before[:n], addr)
		err = errors.Join(err, e)
	}
	return nil, err
}
