package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
)

// emit prints v as JSON if that is wanted, or else by the function.
func emit(cmd *cobra.Command, v any, text func(w *printer)) error {
	if asJSON, err := cmd.Flags().GetBool("json"); err != nil {
		return err
	} else if asJSON {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(v)
	}
	w := newPrinter(cmd)
	text(w)
	return w.Flush()
}

// printer writes lines and tables. What fails is told by Flush.
type printer struct {
	*bufio.Writer
	colour bool
	width  int // of the terminal; 0 if it is none
}

func newPrinter(cmd *cobra.Command) *printer {
	out := cmd.OutOrStdout()
	return &printer{bufio.NewWriter(out), colours(out), terminalWidth(out)}
}

// line writes the parts and a newline.
func (p *printer) line(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
	p.WriteByte('\n')
}

// printEach prints items with an empty line between them.
func printEach[T any](w *printer, items []T, print func(*printer, T)) {
	for i, x := range items {
		if i > 0 {
			w.line()
		}
		print(w, x)
	}
}

// table aligns columns; those whose title begins with > to the right. Without
// titles in the first row ("") none is printed. On a terminal that is too narrow the gaps
// are, too, and what does not fit of a line is cut off.
func (p *printer) table(titles []string, rows [][]string) {
	width := make([]int, len(titles))
	right := make([]bool, len(titles))
	head := make([]string, len(titles))
	titled := false
	for i, t := range titles {
		head[i] = strings.TrimPrefix(t, ">")
		right[i] = head[i] != t
		width[i] = runewidth.StringWidth(head[i])
		titled = titled || head[i] != ""
	}
	for _, r := range rows {
		for i, s := range r {
			width[i] = max(width[i], runewidth.StringWidth(s))
		}
	}
	gap, whole := "  ", 2*(len(width)-1)
	for _, n := range width {
		whole += n
	}
	if p.width > 0 && whole > p.width {
		gap = " "
	}
	if titled {
		rows = append([][]string{head}, rows...)
	}
	for n, r := range rows {
		var b strings.Builder
		for i, s := range r {
			if i > 0 {
				b.WriteString(gap)
			}
			if right[i] {
				b.WriteString(runewidth.FillLeft(s, width[i]))
			} else {
				b.WriteString(runewidth.FillRight(s, width[i]))
			}
		}
		line := strings.TrimRight(b.String(), " ")
		if p.width > 0 && runewidth.StringWidth(line) > p.width {
			line = runewidth.Truncate(line, p.width, "…")
		}
		if titled && n == 0 {
			line = p.bold(line)
		}
		p.line(line)
	}
}

// printThread writes the line above what is told of a thread. If something went wrong
// it says that too, and gives false.
func printThread(w *printer, number int, id uint64, name, wrong string) bool {
	head := fmt.Sprintf("thread %d", number)
	if id != 0 {
		head += fmt.Sprintf(" (id %d)", id)
	}
	if name != "" {
		head += " " + name
	}
	w.line(w.bold(head))
	if wrong != "" {
		w.line("  ", w.red(wrong))
	}
	return wrong == ""
}
