package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	layoutLine = regexp.MustCompile(`^ *(\d+)(?::(-|\d+)(?:-(\d+))?)? \| ( *)(.*)$`)
	layoutEnd  = regexp.MustCompile(`^ *\| *\[sizeof=(\d+), align=(\d+)`)
	unnamed    = regexp.MustCompile(`\((anonymous|unnamed)( (struct|union|enum))? at [^)]*\)`)
)

// layouts returns the layout of every record that the C types name, by the
// record's name without its tag.
func (c *clang) layouts(ctx context.Context, prologue string, types []string) (map[string]map[string]any, error) {
	var b strings.Builder
	b.WriteString(prologue)
	for i, t := range types {
		fmt.Fprintf(&b, "const long long v_%d = sizeof(%s);\n", i, t)
	}
	dump, err := c.run(ctx, b.String(), "-fsyntax-only", "-Xclang", "-fdump-record-layouts")
	if err != nil {
		return nil, err
	}
	return parseLayouts(string(dump))
}

// parseLayouts reads clang's record dump: a header line that names the record,
// a line a member, indented by its depth, and the size.
func parseLayouts(dump string) (map[string]map[string]any, error) {
	out := map[string]map[string]any{}
	for _, block := range strings.Split(dump, "*** Dumping AST Record Layout\n")[1:] {
		var name, kind string
		fields := []map[string]any{}
		for _, line := range strings.Split(block, "\n") {
			if m := layoutEnd.FindStringSubmatch(line); m != nil {
				size, _ := strconv.Atoi(m[1])
				align, _ := strconv.Atoi(m[2])
				out[name] = map[string]any{"kind": kind, "size": size, "align": align, "fields": fields}
				break
			}
			m := layoutLine.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			offset, err := strconv.Atoi(m[1])
			if err != nil {
				return nil, err
			}
			depth := len(m[4]) / 2
			what := unnamed.ReplaceAllString(m[5], "($1)")
			if depth == 0 {
				kind, name = "struct", what
				for _, tag := range []string{"struct", "union"} {
					if rest, ok := strings.CutPrefix(what, tag+" "); ok {
						kind, name = tag, rest
					}
				}
				continue
			}
			f := map[string]any{"depth": depth, "offset": offset}
			f["type"], f["name"] = splitMember(what)
			if m[2] != "" {
				first, last := m[2], m[3]
				if first == "-" { // a member of no width
					first, last = "0", "-1"
				} else if last == "" {
					last = first
				}
				a, _ := strconv.Atoi(first)
				z, _ := strconv.Atoi(last)
				f["bits"] = []int{a, z}
			}
			fields = append(fields, f)
		}
	}
	return out, nil
}

// splitMember parts "type name", where a member without a name ends in the
// blank that would stand before it.
func splitMember(s string) (typ string, name any) {
	i := strings.LastIndexByte(s, ' ')
	if i == len(s)-1 || i < 0 {
		return s, nil
	}
	return s[:i], s[i+1:]
}
