package gocheck

import (
	"fmt"
	"sort"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// Kinds are the kinds of items, in the order of the coverage table.
var Kinds = []string{"function", "constant", "type", "record", "field", "variable"}

// Problem is one thing that is not as the facts say.
type Problem struct {
	Kind string // function, constant, type, record, align, field or variable
	Name string // C name; of a field record.member
	Text string
}

func (p Problem) String() string { return p.Kind + " " + p.Name + ": " + p.Text }

// Tally counts the items of one kind.
type Tally struct {
	Total    int
	Checked  int // agree with the facts
	Excepted int // have a line in except.txt
	Wrong    int
}

// Report is what a check of one platform found.
type Report struct {
	Target   Target
	Tallies  map[string]*Tally
	Problems []Problem
	Used     map[string]bool // exceptions that were needed
}

// checker checks one platform.
type checker struct {
	*Package
	*names
	facts  *abi.Facts
	shapes *shapes
	except Exceptions
	report *Report
}

// Check holds package mach against the facts of its CPU family.
func Check(p *Package, facts *abi.Facts, except Exceptions) *Report {
	c := &checker{
		Package: p, names: readNames(p), facts: facts, shapes: &shapes{facts}, except: except,
		report: &Report{Target: p.Target, Tallies: map[string]*Tally{}, Used: map[string]bool{}},
	}
	for _, k := range Kinds {
		c.report.Tallies[k] = &Tally{}
	}
	each(facts.Functions, c.function)
	each(facts.Constants, c.constant)
	each(facts.Types, c.typedef)
	each(facts.Records, c.record)
	each(facts.Variables, c.variable)
	return c.report
}

func each[V any](m map[string]V, f func(string, V)) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		f(k, m[k])
	}
}

// item counts one item: what it found wrong, unless an exception covers it.
func (c *checker) item(kind, name string, check func(wrong func(format string, args ...any))) {
	t := c.report.Tallies[kind]
	t.Total++
	var found []Problem
	check(func(format string, args ...any) {
		found = append(found, Problem{kind, name, fmt.Sprintf(format, args...)})
	})
	switch {
	case len(found) == 0:
		t.Checked++
	case c.excepted(kind, name):
		t.Excepted++
	default:
		t.Wrong++
		c.report.Problems = append(c.report.Problems, found...)
	}
}

func (c *checker) excepted(kind, name string) bool {
	if kind == "type" && isPointer(c.facts.Types[name].Canonical) {
		kind = "pointer-type"
	}
	key, ok := c.except.Find(kind, name)
	if ok {
		c.report.Used[key] = true
	}
	return ok
}

// HeldBack reports whether a problem is the old form of an item whose new form
// waits for a later release, by the breaking-change policy.
func (p *Package) HeldBack(problem Problem, release *abi.Release) bool {
	n := readNames(p)
	record, _, _ := strings.Cut(problem.Name, ".")
	names := map[string]bool{constantKey(problem.Name): true, n.records[record]: true, n.types[problem.Name]: true}
	for key, date := range release.Moves {
		if _, name, _ := strings.Cut(key, " "); names[name] && date.After(release.Date) {
			return true
		}
	}
	return false
}
