package main

import (
	"context"
	"regexp"
	"strconv"
	"strings"
)

// migFacts are the facts about MIG messages: the ids of the routines, by
// subsystem, and the wire form of each request and reply.
type migFacts struct {
	Subsystems map[string]map[string]int            `json:"subsystems"`
	Layouts    map[string]map[string]map[string]any `json:"layouts"`
}

var (
	nameMap  = regexp.MustCompile(`(?m)^#define subsystem_to_name_map_(\w+) (.*)$`)
	nameItem = regexp.MustCompile(`\{ "(\w+)", (\d+) \}`)
)

// measureMIG takes the message facts of one tree. The headers of user-space
// declare the messages as structs, and each subsystem's ids in a macro.
func measureMIG(ctx context.Context, c *clang) (*migFacts, error) {
	prologue, err := c.prologue(ctx)
	if err != nil {
		return nil, err
	}
	text, err := c.run(ctx, prologue, "-E", "-dD")
	if err != nil {
		return nil, err
	}
	m := &migFacts{map[string]map[string]int{}, map[string]map[string]map[string]any{}}
	for _, s := range nameMap.FindAllStringSubmatch(string(text), -1) {
		ids := map[string]int{}
		for _, r := range nameItem.FindAllStringSubmatch(s[2], -1) {
			if ids[r[1]], err = strconv.Atoi(r[2]); err != nil {
				return nil, err
			}
		}
		m.Subsystems[s[1]] = ids
	}
	dump, err := c.run(ctx, prologue, "-fsyntax-only", "-Xclang", "-ast-dump=json")
	if err != nil {
		return nil, err
	}
	d, err := parseAST(dump, c.header)
	if err != nil {
		return nil, err
	}
	var types []string
	for name := range d.types {
		if kind, _ := messageOf(name); kind != "" {
			types = append(types, name)
		}
	}
	layouts, err := c.layouts(ctx, prologue, types)
	if err != nil {
		return nil, err
	}
	for name, layout := range layouts {
		kind, routine := messageOf(name)
		if kind == "" {
			continue
		}
		fields := []any{}
		for _, f := range layout["fields"].([]map[string]any) {
			if f["depth"] == 1 {
				fields = append(fields, []any{f["name"], f["type"], f["offset"]})
			}
		}
		if m.Layouts[routine] == nil {
			m.Layouts[routine] = map[string]map[string]any{}
		}
		m.Layouts[routine][kind] = map[string]any{"size": layout["size"], "fields": fields}
	}
	return m, nil
}

// messageOf parts the name of a message struct into request or reply and the
// routine; kind is "" for other names.
func messageOf(name string) (kind, routine string) {
	for prefix, kind := range map[string]string{"__Request__": "request", "__Reply__": "reply"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return kind, strings.TrimSuffix(rest, "_t")
		}
	}
	return "", ""
}
