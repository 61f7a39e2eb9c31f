package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// node is a node of clang's syntax tree, as -ast-dump=json writes it.
type node struct {
	Kind  string `json:"kind"`
	Loc   place  `json:"loc"`
	Range struct {
		Begin, End place
	} `json:"range"`
	Name               string `json:"name"`
	Type               cType  `json:"type"`
	Inline             bool   `json:"inline"`
	IsImplicit         bool   `json:"isImplicit"`
	CompleteDefinition bool   `json:"completeDefinition"`
	TagUsed            string `json:"tagUsed"`
	Inner              []node `json:"inner"`
}

type cType struct {
	QualType  string `json:"qualType"`
	Desugared string `json:"desugaredQualType"`
}

func (t cType) canonical() string {
	if t.Desugared != "" {
		return t.Desugared
	}
	return t.QualType
}

// place is a source location. Clang writes the file's name only where it
// differs from that of the location written before, so places mean something
// only when all of them are visited in the order of the text.
type place struct {
	File         string `json:"file"`
	SpellingLoc  *place `json:"spellingLoc"`
	ExpansionLoc *place `json:"expansionLoc"`
}

// walker visits a tree and knows the file of each declaration.
type walker struct{ file string }

// see notes a place and returns the file that the text stands in: for what
// comes out of a macro, the file that uses the macro.
func (w *walker) see(p *place) string {
	if p.SpellingLoc != nil {
		w.see(p.SpellingLoc)
	}
	if p.ExpansionLoc != nil {
		return w.see(p.ExpansionLoc)
	}
	if p.File != "" {
		w.file = p.File
	}
	return w.file
}

// walk calls f for n and every node below it, with the file it is in.
func (w *walker) walk(n *node, f func(n *node, file string)) {
	file := w.see(&n.Loc)
	w.see(&n.Range.Begin)
	w.see(&n.Range.End)
	f(n, file)
	for i := range n.Inner {
		w.walk(&n.Inner[i], f)
	}
}

// declarations are what the tree declares, by C name.
type declarations struct {
	types       map[string]*decl
	functions   map[string]*decl
	variables   map[string]*decl
	enumerators map[string]*decl
	records     map[string]*decl // by tag
}

type decl struct {
	*node
	header string
}

// parseAST reads clang's dump. Header turns a file's name into the one that
// facts use, or "" if the file is none of ours.
func parseAST(dump []byte, header func(file string) string) (*declarations, error) {
	var root node
	if err := json.Unmarshal(dump, &root); err != nil {
		return nil, fmt.Errorf("clang's syntax tree: %w", err)
	}
	d := &declarations{map[string]*decl{}, map[string]*decl{}, map[string]*decl{}, map[string]*decl{}, map[string]*decl{}}
	var w walker
	depth := map[*node]bool{}
	for i := range root.Inner {
		depth[&root.Inner[i]] = true
	}
	w.walk(&root, func(n *node, file string) {
		if n.IsImplicit || n.Name == "" {
			return
		}
		var into map[string]*decl
		switch top := depth[n]; {
		case n.Kind == "EnumConstantDecl":
			into = d.enumerators
		case n.Kind == "RecordDecl" && n.CompleteDefinition:
			into = d.records
		case !top:
			return
		case n.Kind == "TypedefDecl":
			into = d.types
		case n.Kind == "FunctionDecl":
			into = d.functions
		case n.Kind == "VarDecl":
			into = d.variables
		default:
			return
		}
		h := header(file)
		if h == "" {
			return
		}
		if _, again := into[n.Name]; !again {
			into[n.Name] = &decl{n, h}
		}
	})
	return d, nil
}

// function is the fact of a prototype.
func (d *decl) function(exported bool) map[string]any {
	params := []map[string]any{}
	for i := range d.Inner {
		if p := &d.Inner[i]; p.Kind == "ParmVarDecl" {
			params = append(params, map[string]any{"name": p.Name, "type": p.Type.QualType})
		}
	}
	returns, _, _ := strings.Cut(d.Type.QualType, "(")
	return map[string]any{
		"header": d.header, "returns": strings.TrimSpace(returns), "params": params,
		"exported": exported, "inline": d.Inline,
	}
}
