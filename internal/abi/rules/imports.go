package rules

import (
	"fmt"
	"strings"
)

// CheckImports reports imports that the table of rooms does not allow. Tests may import
// what they like.
func CheckImports(files []*File, rooms []Room) (wrong []string) {
	for _, f := range files {
		if f.imports("C") {
			wrong = append(wrong, f.Path+": imports \"C\": this project does without cgo")
		}
		if f.Test() {
			continue
		}
		r, ok := roomOf(rooms, f.Dir())
		if !ok {
			wrong = append(wrong, f.Path+": rooms.txt does not have this room")
			continue
		}
		for _, i := range f.Imports {
			switch name, ours := roomName(i); {
			case standard(i), r.allows(name):
			case ours:
				wrong = append(wrong, fmt.Sprintf("%s: imports %s, which is not for this room", f.Path, i))
			default:
				wrong = append(wrong, fmt.Sprintf("%s: imports %s: no such module is for this room", f.Path, i))
			}
		}
	}
	return wrong
}

// CheckRooms reports rooms that are not there, and names that nothing needs.
func CheckRooms(files []*File, rooms []Room) (wrong []string) {
	used := map[string]bool{} // "ROOM", "ROOM IMPORT"
	for _, f := range files {
		if r, ok := roomOf(rooms, f.Dir()); ok && !f.Test() {
			used[r.Folder] = true
			for _, i := range f.Imports {
				name, _ := roomName(i)
				used[r.Folder+" "+name] = true
			}
		}
	}
	for _, r := range rooms {
		if !used[r.Folder] {
			wrong = append(wrong, "rooms.txt: there is no room "+r.Folder)
			continue
		}
		for _, name := range r.Imports {
			if !used[r.Folder+" "+name] {
				wrong = append(wrong, fmt.Sprintf("rooms.txt: %s does not need %s any more", r.Folder, name))
			}
		}
	}
	return wrong
}

// roomName is what the table calls an import: a folder of this tree, or the path of
// another module's package.
func roomName(p string) (name string, ours bool) {
	if p == Module {
		return ".", true
	}
	if folder, ok := strings.CutPrefix(p, Module+"/"); ok {
		return folder, true
	}
	return p, false
}

func matches(dir string, patterns []string) bool {
	for _, p := range patterns {
		if below, all := strings.CutSuffix(p, "/..."); dir == p || all && strings.HasPrefix(dir, below+"/") {
			return true
		}
	}
	return false
}
