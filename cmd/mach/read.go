package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/task"
)

func readCommand() *cobra.Command {
	var raw bool
	c := &cobra.Command{
		Use:   "read PID|CORE ADDRESS [SIZE]",
		Short: "Memory of a process as a hex dump",
		Long:  "read prints SIZE bytes (256 if it is not given) of a process's memory, or with --raw\nwrites them as they are. If a part cannot be read, it prints what is before that, and\nfails.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return exactly("PID", "ADDRESS", "SIZE")(cmd, args)
		},
		ValidArgsFunction: completeSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			addr, err := number(args[1])
			if err != nil {
				return err
			}
			n := int64(256)
			if len(args) > 2 {
				if n, err = number(args[2]); err != nil {
					return err
				}
			}
			if n < 0 {
				return &usageError{fmt.Errorf("%s is no size", args[2])}
			}
			return look(cmd, args[0], func(t subject, _ int) error {
				if asJSON, err := cmd.Flags().GetBool("json"); err != nil || asJSON {
					return readJSON(cmd, t, uint64(addr), n)
				}
				w := newPrinter(cmd)
				return errors.Join(copyMemory(cmd.Context(), w, t, uint64(addr), n, raw), w.Flush())
			})
		},
	}
	c.Flags().BoolVar(&raw, "raw", false, "the bytes as they are")
	return c
}

// copyMemory prints n bytes from an address on, at most a megabyte at a time.
func copyMemory(ctx context.Context, w *printer, m task.MemoryReader, at uint64, n int64, raw bool) error {
	return readAhead(ctx, m, []span{{start: at, end: at + uint64(n)}}, 0, func(p aheadPiece) error {
		b := p.room[:p.n]
		if raw {
			w.Write(b)
		} else {
			dump(w, p.at, b)
		}
		if p.err != nil {
			return fmt.Errorf("at %#x: %w", p.at+uint64(p.n), p.err)
		}
		return nil
	})
}

func readJSON(cmd *cobra.Command, m task.MemoryReader, addr uint64, n int64) error {
	const most = 64 << 20
	if n > most {
		return &usageError{fmt.Errorf("as JSON at most %d bytes: --raw has no limit", most)}
	}
	b := make([]byte, n)
	got, err := m.ReadMemory(b, addr)
	if e := emit(cmd, struct {
		Address string `json:"address"`
		Size    int    `json:"size"`
		Bytes   string `json:"bytes"` // in hex
	}{fmt.Sprintf("%#x", addr), got, hex.EncodeToString(b[:got])}, nil); e != nil {
		return e
	}
	if err != nil {
		return fmt.Errorf("at %#x: %w", addr+uint64(got), err)
	}
	return nil
}

// dump prints 16 bytes a line with their address.
func dump(w *printer, at uint64, b []byte) {
	for len(b) > 0 {
		line := b[:min(16, len(b))]
		var text strings.Builder
		fmt.Fprintf(&text, "%016x ", at)
		for i := range 16 {
			if i%8 == 0 {
				text.WriteByte(' ')
			}
			if i < len(line) {
				fmt.Fprintf(&text, "%02x ", line[i])
			} else {
				text.WriteString("   ")
			}
		}
		text.WriteString(" |")
		for _, c := range line {
			if c < ' ' || c > '~' {
				c = '.'
			}
			text.WriteByte(c)
		}
		w.line(text.String(), "|")
		at, b = at+uint64(len(line)), b[len(line):]
	}
}
