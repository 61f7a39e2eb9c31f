package symbol

import (
	"debug/dwarf"
	"slices"
	"sort"
)

// units are the compilation units of an image's DWARF.
type units struct {
	data   *dwarf.Data
	ranges []unitRange // by low
	zero   bool        // what is at 0 is there
}

type unitRange struct {
	low, high uint64
	unit      *unit
}

// unit is a compilation unit, with its functions once they were asked for.
type unit struct {
	entry *dwarf.Entry
	read  bool
	parts []part // in the order of the tree: what contains comes first
	lined bool
	lines []dwarf.LineEntry
	files []*dwarf.LineFile
}

// part is a piece of a function, or of one that was put into another.
type part struct {
	low, high uint64
	depth     int
	offset    dwarf.Offset
	inlined   bool
	callFile  int64
	callLine  int64
	entry     *dwarf.Entry
}

func newUnits(d *dwarf.Data) *units { return readUnits(d, false) }

// newUnitsAnywhere is newUnits of an object file, whose code may begin at 0.
func newUnitsAnywhere(d *dwarf.Data) *units { return readUnits(d, true) }

func readUnits(d *dwarf.Data, zero bool) *units {
	u := &units{data: d, zero: zero}
	r := d.Reader()
	for {
		e, err := r.Next()
		if err != nil || e == nil {
			break
		}
		r.SkipChildren()
		if e.Tag != dwarf.TagCompileUnit {
			continue
		}
		x := &unit{entry: e}
		list, err := d.Ranges(e)
		if err != nil {
			continue
		}
		for _, p := range list {
			if p[0] < p[1] && (p[0] != 0 || zero) {
				u.ranges = append(u.ranges, unitRange{p[0], p[1], x})
			}
		}
	}
	slices.SortStableFunc(u.ranges, func(a, b unitRange) int { return compare(a.low, b.low) })
	return u
}

func (u *units) at(addr uint64) *unit {
	i := sort.Search(len(u.ranges), func(i int) bool { return u.ranges[i].low > addr })
	if i == 0 || addr >= u.ranges[i-1].high {
		return nil
	}
	return u.ranges[i-1].unit
}

// lookup adds to what the symbol tables tell of an address: the file and line, and
// the functions that were put into it.
func (u *units) lookup(addr uint64, last Location, demangle func(string) string) []Location {
	x := u.at(addr)
	if x == nil {
		return []Location{last}
	}
	x.readAll(u.data, u.zero)
	file, line := last.File, last.Line
	if file == "" { // Go's own table has it, and is quicker
		file, line = x.line(u.data, addr)
	}
	var chain []part
	for _, p := range x.parts {
		if addr >= p.low && addr < p.high {
			for len(chain) > 0 && chain[len(chain)-1].depth >= p.depth {
				chain = chain[:len(chain)-1]
			}
			chain = append(chain, p)
		}
	}
	var out []Location
	for i := len(chain) - 1; i > 0; i-- {
		p := chain[i]
		if !p.inlined {
			break
		}
		out = append(out, Location{Function: u.name(p.entry, demangle), Offset: addr - p.low, Image: last.Image, File: file, Line: line, Inlined: true})
		file, line = x.file(p.callFile), int(p.callLine)
	}
	if len(chain) > 0 && !chain[0].inlined {
		if name := u.name(chain[0].entry, demangle); name != "" {
			last.Function = name
		}
		if last.Offset == 0 {
			last.Offset = addr - chain[0].low
		}
	}
	last.File, last.Line = file, line
	return append(out, last)
}

// name follows a function's origin to where its name is.
func (u *units) name(e *dwarf.Entry, demangle func(string) string) string {
	plain := ""
	for range 8 {
		if s, ok := e.Val(dwarf.AttrLinkageName).(string); ok {
			return demangle(s)
		}
		if s, ok := e.Val(dwarf.AttrName).(string); ok && plain == "" {
			plain = s
		}
		off, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			if off, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset); !ok {
				break
			}
		}
		r := u.data.Reader()
		r.Seek(off)
		next, err := r.Next()
		if err != nil || next == nil {
			break
		}
		e = next
	}
	return plain
}

// readAll collects the functions of the unit.
func (x *unit) readAll(d *dwarf.Data, zero bool) {
	if x.read {
		return
	}
	x.read = true
	if lr, err := d.LineReader(x.entry); err == nil && lr != nil {
		x.files = lr.Files()
	}
	r := d.Reader()
	r.Seek(x.entry.Offset)
	r.Next()
	for depth := 1; depth > 0; {
		e, err := r.Next()
		if err != nil || e == nil {
			return
		}
		if e.Tag == 0 {
			depth--
			continue
		}
		if e.Tag == dwarf.TagSubprogram || e.Tag == dwarf.TagInlinedSubroutine {
			list, _ := d.Ranges(e)
			for _, p := range list {
				if p[0] >= p[1] || p[0] == 0 && !zero {
					continue
				}
				y := part{low: p[0], high: p[1], depth: depth, offset: e.Offset, entry: e, inlined: e.Tag == dwarf.TagInlinedSubroutine}
				y.callFile, _ = e.Val(dwarf.AttrCallFile).(int64)
				y.callLine, _ = e.Val(dwarf.AttrCallLine).(int64)
				x.parts = append(x.parts, y)
			}
		}
		if e.Children {
			switch e.Tag {
			case dwarf.TagStructType, dwarf.TagUnionType, dwarf.TagEnumerationType, dwarf.TagSubroutineType, dwarf.TagArrayType:
				r.SkipChildren()
			default:
				depth++
			}
		}
	}
}

const maxLines = 1 << 22

func (x *unit) readLines(d *dwarf.Data) {
	if x.lined {
		return
	}
	x.lined = true
	lr, err := d.LineReader(x.entry)
	if err != nil || lr == nil {
		return
	}
	var e dwarf.LineEntry
	for len(x.lines) < maxLines && lr.Next(&e) == nil {
		x.lines = append(x.lines, e)
	}
	slices.SortStableFunc(x.lines, func(a, b dwarf.LineEntry) int {
		if a.Address == b.Address && a.EndSequence != b.EndSequence {
			if a.EndSequence { // one sequence ends where another begins
				return -1
			}
			return 1
		}
		return compare(a.Address, b.Address)
	})
}

// line is where an address comes from.
func (x *unit) line(d *dwarf.Data, addr uint64) (string, int) {
	x.readLines(d)
	i := sort.Search(len(x.lines), func(i int) bool { return x.lines[i].Address > addr })
	if i == 0 {
		return "", 0
	}
	e := x.lines[i-1]
	if e.EndSequence || e.File == nil {
		return "", 0
	}
	return e.File.Name, e.Line
}

func (x *unit) file(i int64) string {
	if i < 0 || i >= int64(len(x.files)) || x.files[i] == nil {
		return ""
	}
	return x.files[i].Name
}
