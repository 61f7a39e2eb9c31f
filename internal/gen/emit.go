package gen

import (
	"maps"
	"slices"
)

// Files generates everything: path relative to the module's root → content.
func (g *Gen) Files() (map[string][]byte, error) {
	blocks, err := g.blocks()
	if err != nil {
		return nil, err
	}
	return g.files(blocks)
}

// blocks are all items of package mach.
func (g *Gen) blocks() ([]block, error) {
	all := g.emitRecords()
	for _, emit := range []func() ([]block, error){g.emitTypes, g.emitConstants, g.emitFunctions, g.emitVariables, g.emitMacros} {
		b, err := emit()
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	return all, nil
}

// builds are the build constraints of package mach's generated files, beyond
// what their names say.
var builds = map[string]string{
	"ztypes_noamd64.go":     "!amd64",
	"zrecords_noamd64.go":   "!amd64",
	"zconstants_noamd64.go": "!amd64",
	"zframe_nodarwin.go":    "!darwin",
}

func (g *Gen) files(blocks []block) (map[string][]byte, error) {
	byFile := map[string][]block{}
	for _, b := range append(blocks, g.emitStrings()...) {
		byFile[b.File] = append(byFile[b.File], b)
	}
	out, err := g.emitSymbols()
	if err != nil {
		return nil, err
	}
	proto, err := g.emitProto()
	if err != nil {
		return nil, err
	}
	maps.Copy(out, proto)
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		t := target{Package: "mach", Build: buildOf(file), Imports: []string{
			"structs structs.HostLayout", "unsafe unsafe.", "github.com/gomach/mach/internal/libsystem libsystem."}}
		src, err := assemble(t, byFile[file])
		if err != nil {
			return nil, err
		}
		out[file] = src
	}
	return out, nil
}
