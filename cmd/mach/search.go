package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"sort"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/task"
)

// searched is what a search has found.
type searched struct {
	PID        int     `json:"pid"`
	Matches    []match `json:"matches"`
	Searched   uint64  `json:"searched"`
	Unreadable uint64  `json:"unreadable"`
	More       bool    `json:"more"` // it stopped at --max
}

// match is a place where the pattern is.
type match struct {
	Address address `json:"address"`
	Type    string  `json:"type"` // of the region, as vmmap names it
	Bytes   string  `json:"bytes"`
	bytes   []byte
}

func searchCommand() *cobra.Command {
	var from, to string
	var writable bool
	var most int
	var read func(string, bool) (pattern, error)
	c := &cobra.Command{
		Use:   "search PID PATTERN",
		Short: "Where bytes or a text are in the memory of a process",
		Long: `search looks for a pattern in all readable memory of a process, which runs on
meanwhile, or of a core file. It is written in hex, in which ?? stands for any byte, or as text with --string
or --utf16. Matches that overlap count each. It ends with 3 if there is none.`,
		Args: exactly("PID", "PATTERN"), ValidArgsFunction: completeSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := read(args[1], true)
			if err != nil {
				return err
			}
			within, err := addressRange(from, to)
			if err != nil {
				return err
			}
			if most < 0 {
				return &usageError{fmt.Errorf("%d is no number of matches", most)}
			}
			return look(cmd, args[0], func(from subject, pid int) error {
				regions, err := from.memoryMap(false)
				if err != nil {
					return err
				}
				x := searched{PID: pid, Matches: []match{}}
				bar := newProgress(cmd, "searching")
				err = x.search(cmd.Context(), from, p, spans(regions, within, writable), most, bar.update)
				bar.end()
				if err != nil {
					return err
				}
				if err := emit(cmd, x, x.print); err != nil || len(x.Matches) > 0 {
					return err
				}
				return fmt.Errorf("the pattern is nowhere in %s: %w", size(x.Searched, false), errNotFound)
			})
		},
	}
	read = textFlags(c)
	c.Flags().StringVar(&from, "from", "", "look from this address on")
	c.Flags().StringVar(&to, "to", "", "look up to this address, which is not part of it")
	c.Flags().BoolVarP(&writable, "writable", "w", false, "look into writable memory only")
	c.Flags().IntVarP(&most, "max", "m", 0, "stop after so many matches; 0 for no end")
	return c
}

// addressRange reads a range, either end of which may be open.
func addressRange(from, to string) (span, error) {
	s := span{end: math.MaxUint64}
	for _, x := range []struct {
		text string
		to   *uint64
	}{{from, &s.start}, {to, &s.end}} {
		if x.text == "" {
			continue
		}
		v, err := number(x.text)
		if err != nil {
			return s, err
		}
		*x.to = uint64(v)
	}
	if s.start >= s.end {
		return s, &usageError{fmt.Errorf("there is nothing from %#x to %#x", s.start, s.end)}
	}
	return s, nil
}

// span is a range of memory of one region.
type span struct {
	start, end uint64
	typ        string
}

// spans are the parts of the regions that are readable and within a range.
func spans(regions []mapped, within span, writable bool) (out []span) {
	for _, r := range regions {
		s := span{max(uint64(r.Start), within.start), min(uint64(r.End), within.end), r.Type}
		if s.start < s.end && r.Prot[0] == 'r' && (!writable || r.Prot[1] == 'w') {
			out = append(out, s)
		}
	}
	return out
}

// search looks through spans, in order. A match may reach from one span into the next
// if they touch.
func (x *searched) search(ctx context.Context, m task.MemoryReader, p pattern, list []span, most int, progress func(done, total uint64)) error {
	const line = 16
	var total uint64
	for _, s := range list {
		total += s.end - s.start
	}
	longest := max(len(p.bytes), line)
	var before []byte // that a match may begin in, and that touch what follows
	var end uint64
	err := readAhead(ctx, m, list, longest, func(c aheadPiece) error {
		if c.first && c.at != end {
			before = before[:0]
		}
		b := c.room[longest-len(before) : longest+c.n]
		copy(b, before)
		base := c.at - uint64(len(before))
		for i := p.index(b, 0); i >= 0; i = p.index(b, i+1) {
			if most > 0 && len(x.Matches) == most {
				x.More = true
				return errEnough
			}
			shown := bytes.Clone(b[i:min(len(b), i+longest)])
			x.Matches = append(x.Matches, match{address(base + uint64(i)), typeAt(list, base+uint64(i)), hex.EncodeToString(shown), shown})
		}
		x.Searched += uint64(c.n)
		x.Unreadable += c.skipped
		before = append(before[:0], b[len(b)-min(len(b), len(p.bytes)-1):]...)
		if c.skipped > 0 {
			before = before[:0]
		}
		end = c.at + uint64(c.n) + c.skipped
		progress(x.Searched+x.Unreadable, total)
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// errEnough ends a search that has found as much as is wanted.
var errEnough = errors.New("enough")

// typeAt is the type of the region at an address.
func typeAt(list []span, at uint64) string {
	i := sort.Search(len(list), func(i int) bool { return list[i].end > at })
	return list[i].typ
}

func (x searched) print(w *printer) {
	for _, m := range x.Matches {
		w.line(m.Type)
		dump(w, uint64(m.Address), m.bytes)
	}
	many := "matches"
	if len(x.Matches) == 1 {
		many = "match"
	}
	w.line(fmt.Sprintf("%d %s in %s", len(x.Matches), many, size(x.Searched, false)))
	if x.More {
		w.line("there are more: --max stopped the search")
	}
	if x.Unreadable > 0 {
		w.line(size(x.Unreadable, false), " could not be read")
	}
}
