package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/core"
	"github.com/gomach/mach/task"
)

// mapped is a region with what stands behind it.
type mapped struct {
	Start    address `json:"start"`
	End      address `json:"end"`
	Size     uint64  `json:"size"`
	Type     string  `json:"type"`
	Prot     string  `json:"protection"`
	Max      string  `json:"max_protection"`
	Share    string  `json:"share_mode"`
	Resident uint64  `json:"resident"`
	Dirty    uint64  `json:"dirty"`
	Swapped  uint64  `json:"swapped"`
	Path     string  `json:"path,omitempty"`
	Depth    uint32  `json:"depth,omitempty"`
}

// memorySum is what regions of a type have together.
type memorySum struct {
	Type     string `json:"type"`
	Regions  int    `json:"regions"`
	Size     uint64 `json:"size"`
	Resident uint64 `json:"resident"`
	Dirty    uint64 `json:"dirty"`
	Swapped  uint64 `json:"swapped"`
}

// add counts what another sum has.
func (s *memorySum) add(o memorySum) {
	s.Regions += o.Regions
	s.Size += o.Size
	s.Resident += o.Resident
	s.Dirty += o.Dirty
	s.Swapped += o.Swapped
}

func vmmapCommand() *cobra.Command {
	var submap, summary bool
	var picture string
	var exact *bool
	c := &cobra.Command{
		Use:   "vmmap PID|CORE",
		Short: "The memory map of a process",
		Long:  "vmmap lists the regions of a process's memory, which runs on meanwhile, and sums them\nup by type. The type is that of vmmap(1): the tag that the memory was allocated with,\nor the segment of the file behind it. --svg draws the map into a file.",
		Args:  exactly("PID"), ValidArgsFunction: completeSubject,
		RunE: func(cmd *cobra.Command, args []string) error {
			return look(cmd, args[0], func(s subject, pid int) error {
				regions, err := s.memoryMap(submap)
				if err != nil {
					return err
				}
				sums := sumUp(regions)
				if picture != "" {
					title := "Memory of " + args[0]
					if _, err := strconv.Atoi(args[0]); err == nil {
						title = "Memory of process " + args[0]
					}
					if err := writeSVG(picture, title, regions, sums); err != nil {
						return err
					}
				}
				if summary {
					regions = nil
				}
				return emit(cmd, struct {
					PID     int         `json:"pid"`
					Regions []mapped    `json:"regions,omitempty"`
					Summary []memorySum `json:"summary"`
				}{pid, regions, sums}, func(w *printer) {
					if !summary {
						printRegions(w, regions, *exact)
						w.line()
					}
					printSums(w, sums, *exact)
				})
			})
		},
	}
	c.Flags().BoolVar(&submap, "submap", false, "the regions inside of submaps, such as the shared cache, too")
	c.Flags().BoolVar(&summary, "summary", false, "the sums only")
	c.Flags().StringVar(&picture, "svg", "", "draw the map into this file, as a picture, too")
	exact = bytesFlag(c)
	return c
}

func newMapped(r core.Region, page uint64) mapped {
	m := mapped{
		Start: address(r.Address), End: address(r.End()), Size: r.Size, Type: task.TagName(r.Tag), Path: r.Path,
		Prot: task.Protection(r.Protection), Max: task.Protection(r.MaxProtection), Share: task.ShareModeName(r.ShareMode),
		Resident: page * uint64(r.Resident), Dirty: page * uint64(r.Dirtied), Swapped: page * uint64(r.SwappedOut), Depth: r.Depth,
	}
	switch {
	case r.Submap:
		m.Type = "submap"
	case r.Path != "":
		m.Type = cmp.Or(r.Segment, "mapped file")
	case r.Tag == 0 && r.Protection == mach.VM_PROT_NONE:
		m.Type = "reserved"
	}
	return m
}

func sumUp(regions []mapped) []memorySum {
	byType := map[string]*memorySum{}
	for _, r := range regions {
		s := byType[r.Type]
		if s == nil {
			s = &memorySum{Type: r.Type}
			byType[r.Type] = s
		}
		s.add(memorySum{Regions: 1, Size: r.Size, Resident: r.Resident, Dirty: r.Dirty, Swapped: r.Swapped})
	}
	var out []memorySum
	for _, s := range byType {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b memorySum) int {
		return cmp.Or(cmp.Compare(b.Resident, a.Resident), cmp.Compare(b.Size, a.Size), cmp.Compare(a.Type, b.Type))
	})
	return out
}

// narrowMap is the width of a terminal below which the map has no column for what
// memory may be protected as, and none for what is swapped out if nothing is.
const narrowMap = 110

func printRegions(w *printer, regions []mapped, exact bool) {
	narrow := w.width > 0 && w.width < narrowMap
	swapped := !narrow || slices.ContainsFunc(regions, func(r mapped) bool { return r.Swapped > 0 })
	titles := []string{"TYPE", ">ADDRESSES", ">SIZE", ">RSDNT", ">DIRTY"}
	if swapped {
		titles = append(titles, ">SWAP")
	}
	prot := "PROT/MAX"
	if narrow {
		prot = "PROT"
	}
	var rows [][]string
	for _, r := range regions {
		row := []string{
			strings.Repeat("  ", int(min(r.Depth, 8))) + r.Type, fmt.Sprintf("%x-%x", uint64(r.Start), uint64(r.End)),
			size(r.Size, exact), size(r.Resident, exact), size(r.Dirty, exact),
		}
		if swapped {
			row = append(row, size(r.Swapped, exact))
		}
		p := r.Prot
		if !narrow {
			p += "/" + r.Max
		}
		rows = append(rows, append(row, p, r.Share, filepath.Base(cmp.Or(r.Path, " "))))
	}
	w.table(append(titles, prot, "SHARE", "FILE"), rows)
}

func printSums(w *printer, sums []memorySum, exact bool) {
	var rows [][]string
	total := memorySum{Type: "all"}
	for _, s := range sums {
		total.add(s)
	}
	for _, s := range append(sums, total) {
		rows = append(rows, []string{s.Type, fmt.Sprint(s.Regions), size(s.Size, exact), size(s.Resident, exact), size(s.Dirty, exact), size(s.Swapped, exact)})
	}
	w.table([]string{"TYPE", ">REGIONS", ">SIZE", ">RESIDENT", ">DIRTY", ">SWAPPED"}, rows)
}
