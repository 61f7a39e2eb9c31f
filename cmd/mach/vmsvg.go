package main

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"html"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The picture has a row for each run of neighbours of the same type and file. A bar's
// length counts the doublings of the size, as sizes go from a page to terabytes; its
// darker part is resident, the darkest dirty.
const (
	svgWidth  = 1000
	svgRow    = 18
	svgLeft   = 150 // where bars begin
	svgBar    = 430 // the longest
	svgText   = svgLeft + svgBar + 12
	svgHead   = 60
	svgMargin = 16
	svgSmall  = 12 // doublings of the smallest bar: a page
)

// svgRun is a run of regions.
type svgRun struct {
	mapped
	regions int
	prots   []string
}

func svgRuns(regions []mapped) (runs []svgRun) {
	for _, r := range regions {
		if n := len(runs); n > 0 {
			l := &runs[n-1]
			if l.End == r.Start && l.Path == r.Path && (r.Path != "" || l.Type == r.Type) && l.Depth == r.Depth {
				l.End, l.Size, l.Resident, l.Dirty, l.Swapped = r.End, l.Size+r.Size, l.Resident+r.Resident, l.Dirty+r.Dirty, l.Swapped+r.Swapped
				l.regions++
				if !slices.Contains(l.prots, r.Prot) {
					l.prots = append(l.prots, r.Prot)
				}
				continue
			}
		}
		runs = append(runs, svgRun{r, 1, []string{r.Prot}})
	}
	return runs
}

// hue is the colour of a type: the same in every picture.
func hue(kind string) int {
	known := map[string]int{"reserved": -1, "stack": 30, "heap": 130, "malloc": 130, "mapped file": 210, "__TEXT": 210}
	if h, ok := known[kind]; ok {
		return h
	}
	f := fnv.New32a()
	_, _ = io.WriteString(f, kind)
	return int(f.Sum32() % 360)
}

// svgColour is the fill of a type; darker the more of 0 to 2.
func svgColour(kind string, dark int) string {
	h := hue(kind)
	light := []int{82, 62, 42}[dark]
	if h < 0 {
		return fmt.Sprintf("hsl(0,0%%,%d%%)", light+8)
	}
	return fmt.Sprintf("hsl(%d,55%%,%d%%)", h, light)
}

// doublings is how often a page is doubled to have a size, and one more.
func doublings(size uint64) float64 {
	if size == 0 {
		return 0
	}
	whole := bits.Len64(size) - 1
	exact := float64(whole) + float64(size)/float64(uint64(1)<<whole) - 1
	return max(1, exact-svgSmall+1)
}

// writeSVG writes the picture of a map into a file.
func writeSVG(path, title string, regions []mapped, sums []memorySum) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, drawSVG(title, regions, sums))
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func drawSVG(title string, regions []mapped, sums []memorySum) string {
	runs := svgRuns(regions)
	longest := 1.0
	for _, r := range runs {
		longest = max(longest, doublings(r.Size))
	}
	legend := sums
	const most = 8
	if len(legend) > most {
		legend = legend[:most]
	}
	var b strings.Builder
	top := svgHead + svgRow*(len(legend)+2)
	var rows strings.Builder
	y := top
	text := func(b *strings.Builder, x, y int, class, s string) {
		fmt.Fprintf(b, `<text x="%d" y="%d" class="%s">%s</text>`+"\n", x, y, class, html.EscapeString(s))
	}
	for i, r := range runs {
		if i > 0 && r.Start > runs[i-1].End {
			text(&rows, svgLeft, y+svgRow-5, "gap", "⋮ "+size(uint64(r.Start-runs[i-1].End), false)+" unmapped")
			y += svgRow
		}
		kind := r.Type
		if r.Path != "" {
			kind = "mapped file"
		}
		text(&rows, svgMargin, y+svgRow-5, "addr", fmt.Sprintf("%x", uint64(r.Start)))
		x, length := float64(svgLeft+10*int(min(r.Depth, 5))), svgBar*doublings(r.Size)/longest
		fmt.Fprintf(&rows, `<g><title>%s</title>`, html.EscapeString(fmt.Sprintf("%x-%x %s %s, resident %s, dirty %s %s",
			uint64(r.Start), uint64(r.End), r.Type, size(r.Size, false), size(r.Resident, false), size(r.Dirty, false), r.Path)))
		for dark, part := range []float64{1, share(r.Resident, r.Size), share(min(r.Dirty, r.Resident), r.Size)} {
			if part > 0 {
				fmt.Fprintf(&rows, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, x, y+2, max(length*part, 1), svgRow-4, svgColour(kind, dark))
			}
		}
		rows.WriteString("</g>\n")
		what := cmp.Or(r.Path, r.Type)
		if r.Path != "" {
			what = filepath.Base(r.Path)
		}
		label := fmt.Sprintf("%7s  %s  %s", size(r.Size, false), strings.Join(r.prots, " "), what)
		if r.regions > 1 {
			label += fmt.Sprintf("  (%d regions)", r.regions)
		}
		text(&rows, svgText, y+svgRow-5, "label", shorten(label, 66))
		y += svgRow
	}
	height := y + svgMargin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">
<style>
text { font: 12px ui-monospace, Menlo, "DejaVu Sans Mono", monospace; fill: #222; white-space: pre }
.title { font: bold 18px system-ui, sans-serif } .note, .gap, .addr { fill: #777 } .gap { font-style: italic }
</style>
<rect width="100%%" height="100%%" fill="#fff"/>
`, svgWidth, height, svgWidth, height)
	text(&b, svgMargin, 28, "title", title)
	total := memorySum{}
	for _, s := range sums {
		total.add(s)
	}
	text(&b, svgMargin, 46, "note", fmt.Sprintf("%d regions, %s mapped, %s resident, %s dirty. Each step of a bar is a doubling; the dark part is resident, the darkest dirty.",
		total.Regions, size(total.Size, false), size(total.Resident, false), size(total.Dirty, false)))
	y = svgHead
	for _, s := range legend {
		text(&b, svgMargin, y+svgRow-5, "label", shorten(s.Type, 18))
		if w := svgBar * share(s.Resident, total.Resident); w > 0 {
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", svgLeft, y+2, max(w, 1), svgRow-4, svgColour(s.Type, 1))
		}
		text(&b, svgText, y+svgRow-5, "label", fmt.Sprintf("%7s resident of %s in %d regions", size(s.Resident, false), size(s.Size, false), s.Regions))
		y += svgRow
	}
	b.WriteString(rows.String())
	b.WriteString("</svg>\n")
	return b.String()
}

func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return min(1, float64(part)/float64(whole))
}

func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
