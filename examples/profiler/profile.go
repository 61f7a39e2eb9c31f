package main

import (
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
	"github.com/google/pprof/profile"
)

// profile turns the stacks into pprof's form.
func (s *sampler) profile(began time.Time, o options) (*profile.Profile, error) {
	p := &profile.Profile{
		SampleType:    []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType:    &profile.ValueType{Type: "cpu", Unit: "nanoseconds"},
		Period:        int64(o.interval),
		TimeNanos:     began.UnixNano(),
		DurationNanos: int64(time.Since(began)),
	}
	images, err := s.t.Images()
	if err != nil {
		images = &task.Images{} // no dyld, or the process has ended
	}
	b := builder{p: p, locations: map[uint64]*profile.Location{}, functions: map[string]*profile.Function{}}
	b.mappings(s.regions, images, o.exe)
	for st, n := range s.counts {
		x := &profile.Sample{Value: []int64{n, n * int64(o.interval)}}
		for i, pc := range st {
			if pc == 0 {
				break
			}
			x.Location = append(x.Location, b.location(pc, i > 0))
		}
		p.Sample = append(p.Sample, x)
	}
	return p, p.CheckValid()
}

// builder numbers what a profile refers to.
type builder struct {
	p         *profile.Profile
	locations map[uint64]*profile.Location
	functions map[string]*profile.Function
	tables    []table // of the mapping of the same index
}

// mappings are the regions that hold code, with the file that each comes from
// if it is known.
func (b *builder) mappings(regions []task.Region, images *task.Images, exe string) {
	known := map[string]*symbols{}
	lowest := true
	for _, r := range regions {
		if r.External && lowest {
			lowest = false
			if exe != "" && len(images.List) == 0 {
				// Programs lie below their libraries.
				images = &task.Images{List: []task.Image{{Address: r.Address, Path: exe}}}
			}
		}
		if r.Protection&mach.VM_PROT_EXECUTE == 0 {
			continue
		}
		m := &profile.Mapping{ID: uint64(len(b.p.Mapping) + 1), Start: r.Address, Limit: r.End(), Offset: r.Offset}
		var tab table
		// What is no file belongs to an image only if it is its beginning.
		if i, ok := images.At(r.Address); ok && (r.External || r.Contains(i.Address)) {
			if known[i.Path] == nil {
				known[i.Path] = readSymbols(i.Path)
			}
			// Behind the file's end is another one, that nobody tells of.
			if s := known[i.Path]; s.end == 0 || r.Address-i.Address < s.end-s.base {
				m.File, m.HasFunctions = i.Path, len(s.list) > 0
				tab = table{s, i.Address - s.base}
			}
		}
		b.p.Mapping = append(b.p.Mapping, m)
		b.tables = append(b.tables, tab)
	}
}

// location is the place of a program counter; that of a caller is behind its
// call.
func (b *builder) location(pc uint64, caller bool) *profile.Location {
	if caller {
		pc--
	}
	if l := b.locations[pc]; l != nil {
		return l
	}
	l := &profile.Location{ID: uint64(len(b.p.Location) + 1), Address: pc}
	for i, m := range b.p.Mapping {
		if pc >= m.Start && pc < m.Limit {
			l.Mapping = m
			if name := b.tables[i].name(pc); name != "" {
				l.Line = []profile.Line{{Function: b.function(name)}}
			}
		}
	}
	b.locations[pc] = l
	b.p.Location = append(b.p.Location, l)
	return l
}

func (b *builder) function(name string) *profile.Function {
	f := b.functions[name]
	if f == nil {
		f = &profile.Function{ID: uint64(len(b.p.Function) + 1), Name: name, SystemName: name}
		b.functions[name] = f
		b.p.Function = append(b.p.Function, f)
	}
	return f
}
