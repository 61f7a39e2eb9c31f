package abi

import (
	"bufio"
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed release.txt
var releaseText string

// Release is the release that the tree prepares, with the changes that are on
// their way: the breaking-change policy as data.
//
// An item whose value or layout differs between the last release's facts and
// the present ones keeps its old form by default, marked Deprecated, and has
// its new form under the build tag mach_unstable, until its date: a release
// prepared on or after that date moves it over.
type Release struct {
	Version string
	Date    time.Time
	Moves   map[string]time.Time // "const NAME", "record NAME", ... in Go names → date
}

// LoadRelease reads release.txt.
func LoadRelease() (*Release, error) { return ParseRelease(releaseText) }

// ParseRelease reads lines of the form
//
//	release v0.1.0 2026-11-22
//	move const HOST_VM_INFO64_COUNT 2026-12-22
//
// '#' starts a comment.
func ParseRelease(text string) (*Release, error) {
	r := &Release{Moves: map[string]time.Time{}}
	s := bufio.NewScanner(strings.NewReader(text))
	for n := 1; s.Scan(); n++ {
		line, _, _ := strings.Cut(s.Text(), "#")
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		date, err := time.Parse(time.DateOnly, w[len(w)-1])
		switch {
		case err != nil:
			return nil, fmt.Errorf("abi: release.txt:%d: %w", n, err)
		case w[0] == "release" && len(w) == 3:
			r.Version, r.Date = w[1], date
		case w[0] == "move" && len(w) == 4:
			r.Moves[w[1]+" "+w[2]] = date
		default:
			return nil, fmt.Errorf("abi: release.txt:%d: unknown line %q", n, line)
		}
	}
	if r.Version == "" {
		return nil, fmt.Errorf("abi: release.txt: no release line")
	}
	return r, nil
}

// AsOf gives the facts as an older tree had them, as far as the committed
// facts tell: items that it lacks are gone, changed constants have their old
// value, and records that grew at their end have their old size.
func AsOf(f *Facts, tree string) *Facts {
	o := &Facts{Constants: map[string]*Constant{}, Types: map[string]*Type{}, Records: map[string]*Record{}, Functions: map[string]*Function{}, Variables: f.Variables}
	for name, c := range f.Constants {
		if !c.SeenIn(tree) {
			continue
		}
		d := *c
		if v, ok := c.Changed[tree]; ok {
			d.Value = jsonNumber(v)
		}
		o.Constants[name] = &d
	}
	for name, t := range f.Types {
		d := *t
		if v, ok := t.Changed[tree]; ok {
			d.Size = &v
		}
		o.Types[name] = &d
	}
	for name, r := range f.Records {
		d := *r
		if v, ok := r.Changed[tree]; ok {
			d.Size = v
			d.Fields = nil
			for _, m := range r.Fields {
				if m.Offset < v {
					d.Fields = append(d.Fields, m)
				}
			}
		}
		o.Records[name] = &d
	}
	for name, fn := range f.Functions {
		if fn.SeenIn(tree) {
			o.Functions[name] = fn
		}
	}
	return o
}
