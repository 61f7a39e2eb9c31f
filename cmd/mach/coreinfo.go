package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/core"
)

// coreInfo is what a core is about.
type coreInfo struct {
	File    string      `json:"file"`
	CPU     string      `json:"cpu"`
	PID     int         `json:"pid,omitempty"`
	Created *time.Time  `json:"created,omitempty"`
	Threads int         `json:"threads"`
	Regions int         `json:"regions"`
	Saved   uint64      `json:"memory"`
	Left    uint64      `json:"not_saved"`
	Images  []coreImage `json:"images,omitempty"`
	Notes   []coreNote  `json:"notes,omitempty"`
}

type coreImage struct {
	Address address `json:"address"`
	UUID    string  `json:"uuid,omitempty"`
	Path    string  `json:"path"`
}

type coreNote struct {
	Owner string `json:"owner"`
	Size  int    `json:"size"`
}

func coreInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info FILE",
		Short: "What a Mach-O core is about",
		Long:  "info tells which process a core is of, and what is in it: of any Mach-O core, on any\nsystem.",
		Args:  exactly("FILE"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := core.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			i := newCoreInfo(args[0], f)
			return emit(cmd, i, i.print)
		},
	}
}

func newCoreInfo(path string, f *core.File) coreInfo {
	i := coreInfo{File: path, CPU: "arm64", PID: f.Process().PID, Threads: len(f.Threads())}
	if f.CPU() == mach.CPU_TYPE_X86_64 {
		i.CPU = "x86-64"
	}
	if at := f.Process().Created; !at.IsZero() {
		i.Created = &at
	}
	for r := range f.Regions() {
		i.Regions++
		if r.Saved {
			i.Saved += r.Size
		} else {
			i.Left += r.Size
		}
	}
	for _, m := range f.Images() {
		x := coreImage{Address: address(m.Address), Path: m.Path}
		if m.UUID != [16]byte{} {
			x.UUID = m.UUID.String()
		}
		i.Images = append(i.Images, x)
	}
	for owner, b := range f.Notes() {
		i.Notes = append(i.Notes, coreNote{owner, len(b)})
	}
	return i
}

func (i coreInfo) print(w *printer) {
	rows := [][]string{{"file", i.File}, {"cpu", i.CPU}}
	if i.PID != 0 {
		rows = append(rows, []string{"process", fmt.Sprint(i.PID)})
	}
	if i.Created != nil {
		rows = append(rows, []string{"created", i.Created.Format(time.RFC3339)})
	}
	rows = append(rows, []string{"threads", fmt.Sprint(i.Threads)},
		[]string{"memory", fmt.Sprintf("%s in %d regions, of which %s are not in the core", size(i.Saved+i.Left, false), i.Regions, size(i.Left, false))})
	for _, n := range i.Notes {
		rows = append(rows, []string{"note", fmt.Sprintf("%q, %s", n.Owner, size(uint64(n.Size), false))})
	}
	w.table([]string{"", ""}, rows)
	if len(i.Images) == 0 {
		return
	}
	w.line()
	rows = nil
	for _, m := range i.Images {
		rows = append(rows, []string{fmt.Sprintf("%#x", uint64(m.Address)), m.Path})
	}
	w.table([]string{">ADDRESS", "IMAGE"}, rows)
}
