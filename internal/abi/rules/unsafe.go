package rules

import (
	"fmt"
	"path"
	"strings"
)

// CheckUnsafe reports unsafe and linknames outside the places that are meant
// for them: the waist, generated files, files called *_unsafe.go, and the files of the
// list. It reports lines of the list that nothing needs, too.
func CheckUnsafe(files []*File, list map[string]string) (wrong []string) {
	used := map[string]bool{}
	for _, f := range files {
		waist := f.Dir() == "internal/libsystem"
		if len(f.Linknames) > 0 && !waist {
			wrong = append(wrong, fmt.Sprintf("%s: linkname %s: those belong into internal/libsystem", f.Path, f.Linknames[0]))
		}
		if !f.imports("unsafe") {
			continue
		}
		base := path.Base(f.Path)
		named := strings.HasSuffix(base, "_unsafe.go") || strings.HasSuffix(base, "_unsafe_test.go")
		generated := f.Generated && strings.HasPrefix(base, "z")
		if waist || named || generated {
			continue
		}
		if _, listed := list[f.Path]; listed {
			used[f.Path] = true
			continue
		}
		wrong = append(wrong, fmt.Sprintf("%s: imports unsafe: move it into a file *_unsafe.go, or give it a reason in internal/abi/rules/unsafe.txt", f.Path))
	}
	for file := range list {
		if !used[file] {
			wrong = append(wrong, fmt.Sprintf("unsafe.txt: nothing needs the line of %s any more", file))
		}
	}
	return wrong
}

// CheckFiles reports hand-written files that are too long, generated files
// that do not begin with z, and work at start-up in the library.
func CheckFiles(files []*File, rooms []Room) (wrong []string) {
	for _, f := range files {
		if !f.Generated && f.Lines > MaxLines {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines by hand, at most %d", f.Path, f.Lines, MaxLines))
		}
		if base := path.Base(f.Path); f.Generated && !strings.HasPrefix(base, "z") {
			wrong = append(wrong, f.Path+": a generated file's name begins with z")
		}
		if r, _ := roomOf(rooms, f.Dir()); r.Library() && f.Inits > 0 && !f.Test() {
			wrong = append(wrong, f.Path+": func init: importing the library must cost nothing")
		}
	}
	return wrong
}
