package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/gomach/mach/internal/abi/symbols"
)

// header turns the name of a file in the tree into the name that facts use,
// or "" for a file that is no part of the Mach API.
func (c *clang) header(file string) string {
	rel, err := filepath.Rel(c.tree, file)
	if err != nil {
		return ""
	}
	rel = filepath.ToSlash(rel)
	for _, prefix := range []string{"mach/", "mach_debug/", "servers/bootstrap.h", "servers/netname"} {
		if strings.HasPrefix(rel, prefix) {
			return rel
		}
	}
	switch rel {
	case "mach-o/dyld.h", "mach-o/loader.h", "sys/_types/_mach_port_t.h":
		return rel
	}
	return ""
}

// machO are the items that are taken from the Mach-O headers, where peers
// offer them and a program that reads another task's images needs them.
var machO = map[string]bool{
	"_dyld_image_count": true, "_dyld_get_image_header": true,
	"_dyld_get_image_vmaddr_slide": true, "_dyld_get_image_name": true,
	"mach_header": true, "mach_header_64": true,
}

// wanted reports whether an item is a fact. Message structs of MIG stand in
// facts/mig.json.
func wanted(name, header string) bool {
	if strings.HasPrefix(header, "mach-o/") {
		return machO[name]
	}
	return !strings.HasPrefix(name, "__Request__") && !strings.HasPrefix(name, "__Reply__") &&
		!strings.HasPrefix(name, "__RequestUnion__") && !strings.HasPrefix(name, "__ReplyUnion__")
}

// measure takes all facts of one tree and one CPU family.
func measure(ctx context.Context, c *clang, exports symbols.Exports) (facts, error) {
	prologue, err := c.prologue(ctx)
	if err != nil {
		return nil, err
	}
	dump, err := c.run(ctx, prologue, "-fsyntax-only", "-Xclang", "-ast-dump=json")
	if err != nil {
		return nil, err
	}
	d, err := parseAST(dump, c.header)
	if err != nil {
		return nil, err
	}
	f := facts{"types": {}, "records": {}, "functions": {}, "variables": {}}
	for name, fn := range d.functions {
		if wanted(name, fn.header) {
			f["functions"][name] = fn.function(exports[name])
		}
	}
	for name, v := range d.variables {
		if wanted(name, v.header) {
			f["variables"][name] = map[string]any{"header": v.header, "type": v.Type.QualType, "exported": exports[name]}
		}
	}
	if f["constants"], err = c.constants(ctx, prologue, d); err != nil {
		return nil, err
	}
	if f["types"], err = c.types(ctx, prologue, d); err != nil {
		return nil, err
	}
	f["records"], err = c.records(ctx, prologue, d)
	return f, err
}

func (c *clang) constants(ctx context.Context, prologue string, d *declarations) (map[string]map[string]any, error) {
	macros, err := c.macros(ctx, prologue, c.header)
	if err != nil {
		return nil, err
	}
	kinds, headers := map[string]string{}, map[string]string{}
	for name, e := range d.enumerators {
		kinds[name], headers[name] = "enum", e.header
	}
	for name, h := range macros {
		kinds[name], headers[name] = "macro", h
	}
	for name, h := range headers {
		// Two underscores: the headers' own switches.
		if !wanted(name, h) || strings.HasPrefix(name, "__") {
			delete(headers, name)
		}
	}
	names := sortedKeys(headers)
	numbers, err := c.evaluate(ctx, prologue, names)
	if err != nil {
		return nil, err
	}
	texts, err := c.strings(ctx, prologue, names)
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]any{}
	for name, h := range headers {
		if n, ok := numbers[name]; ok {
			out[name] = map[string]any{"header": h, "kind": kinds[name], "value": n.value, "size": n.size, "signed": n.signed}
		} else if s, ok := texts[name]; ok {
			out[name] = map[string]any{"header": h, "kind": kinds[name], "string": s}
		}
	}
	return out, nil
}

func (c *clang) types(ctx context.Context, prologue string, d *declarations) (map[string]map[string]any, error) {
	sizes, err := c.sizes(ctx, prologue, sortedKeys(d.types))
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]any{}
	for name, t := range d.types {
		if !wanted(name, t.header) {
			continue
		}
		item := map[string]any{"header": t.header, "type": t.Type.QualType, "canonical": t.Type.canonical(), "size": nil}
		if n, ok := sizes[name]; ok {
			item["size"] = n
		}
		out[name] = item
	}
	return out, nil
}

// records takes the layout of each record that a typedef names, and of those
// that are members of one; what only a pointer or a typedef of an array leads
// to is no type that a caller declares.
func (c *clang) records(ctx context.Context, prologue string, d *declarations) (map[string]map[string]any, error) {
	kinds := map[string]string{} // record -> struct or union
	for name, t := range d.types {
		for _, kind := range []string{"struct", "union"} {
			if tag, ok := strings.CutPrefix(t.Type.QualType, kind+" "); ok && wanted(name, t.header) && isIdentifier(tag) {
				kinds[tag] = kind
			}
		}
	}
	for tag, r := range d.records {
		if machO[tag] {
			kinds[tag] = r.TagUsed
		}
	}
	var types []string
	for tag, kind := range kinds {
		if d.types[tag] == nil {
			tag = kind + " " + tag
		}
		types = append(types, tag)
	}
	sizes, err := c.sizes(ctx, prologue, types) // drops the incomplete ones
	if err != nil {
		return nil, err
	}
	all, err := c.layouts(ctx, prologue, sortedKeys(sizes))
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]any{}
	var add func(name string)
	add = func(name string) {
		r := all[name]
		if r == nil || out[name] != nil || !isIdentifier(name) {
			return
		}
		out[name] = r
		if kind, ok := kinds[name]; ok {
			r["kind"] = kind // the dump does not say it of a record without a tag
		}
		for _, f := range r["fields"].([]map[string]any) {
			member, _, _ := strings.Cut(f["type"].(string), "[")
			add(strings.TrimPrefix(strings.TrimPrefix(member, "struct "), "union "))
		}
	}
	for name := range kinds {
		add(name)
	}
	return out, nil
}

func isIdentifier(s string) bool {
	return s != "" && !strings.ContainsAny(s, " *[]():")
}
