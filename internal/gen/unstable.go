package gen

import (
	"fmt"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// Merge carries out the breaking-change policy. last is the model of the last
// release's facts, g that of the present ones. An item that differs stands
// twice — its old form by default, its new one under mach_unstable — unless
// the release that is being prepared moves it over. A difference without a
// date in release.txt is an error: somebody has to decide.
func (g *Gen) Merge(last *Gen, r *abi.Release) (map[string][]byte, error) {
	now, err := g.blocks()
	if err != nil {
		return nil, err
	}
	last.Draft = true // its texts are those of today and may name what it lacks
	before, err := last.blocks()
	if err != nil {
		return nil, err
	}
	old := map[string]block{}
	for _, b := range before {
		old[b.Key+" in "+b.File] = b
	}
	var out []block
	var undated []string
	for _, b := range now {
		o, ok := old[b.Key+" in "+b.File]
		if !ok || o.essence() == b.essence() {
			out = append(out, b) // unchanged, or new: additions break nobody
			continue
		}
		date, dated := r.Moves[b.Key]
		switch {
		case !dated:
			undated = append(undated, b.Key)
		case !date.After(r.Date):
			out = append(out, b)
		default:
			o.deprecate(fmt.Sprintf("its form changes on %s. Build with the tag mach_unstable to have the new form now.", date.Format("2006-01-02")))
			o.File, b.File = unstableFile(o.File, "off"), unstableFile(b.File, "on")
			out = append(out, o, b)
		}
	}
	if undated != nil {
		return nil, fmt.Errorf("gen: changed since the last release without a date in internal/abi/release.txt: %s", strings.Join(undated, ", "))
	}
	return g.files(out)
}

// essence is what must not change silently: the text without comments, and
// the value where the text does not show it.
func (b block) essence() string {
	var s []string
	for _, line := range strings.Split(b.Text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "//") {
			s = append(s, line)
		}
	}
	return strings.Join(s, "\n") + b.Value
}

// deprecate adds a Deprecated note at the end of the leading comment.
func (b *block) deprecate(why string) {
	lines := strings.Split(b.Text, "\n")
	n := 0
	for n < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[n]), "//") {
		n++
	}
	indent := ""
	if b.Group != "" {
		indent = "\t"
	}
	note := []string{indent + "// Deprecated: " + why}
	if n > 0 {
		note = append([]string{indent + "//"}, note...)
	} else {
		note = append([]string{indent + "// " + strings.Fields(b.Key)[1] + " changes.", indent + "//"}, note...)
	}
	lines = append(lines[:n:n], append(note, lines[n:]...)...)
	b.Text = strings.Join(lines, "\n")
}

// unstableFile is the file for one side of an item, with the constraint that
// the name of the item's own file carries.
func unstableFile(file, side string) string {
	for _, suffix := range []string{"_darwin_arm64.go", "_darwin_amd64.go", "_amd64.go", "_noamd64.go", "_nodarwin.go"} {
		if strings.HasSuffix(file, suffix) {
			return "zunstable_" + side + suffix
		}
	}
	return "zunstable_" + side + ".go"
}

// buildOf is the build constraint of a generated file.
func buildOf(file string) string {
	own := map[string]string{"_noamd64.go": "!amd64", "_nodarwin.go": "!darwin"}
	tag := map[string]string{"zunstable_off": "!mach_unstable", "zunstable_on": "mach_unstable"}
	for prefix, t := range tag {
		if rest, ok := strings.CutPrefix(file, prefix); ok {
			if o := own[rest]; o != "" {
				return t + " && " + o
			}
			return t
		}
	}
	return builds[file]
}
