package rules

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Room is a folder of Go files, and what it may import.
type Room struct {
	Group   string // the heading that it stands under
	Folder  string // "." for the root; with "/..." at the end, all folders below
	Imports []string
}

// Library reports whether programs import the room: its packages bring nothing along
// but the standard library, and do nothing at start-up.
func (r Room) Library() bool { return strings.HasPrefix(r.Group, "The library") }

func (r Room) allows(name string) bool { return slices.Contains(r.Imports, name) }

// ReadRooms reads a table of rooms: lines "FOLDER: IMPORTS", under headings "# TEXT" that
// follow an empty line. What a line imports must stand above it, so that no arrow goes
// up and there is no circle.
func ReadRooms(file string) ([]Room, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rooms []Room
	group, empty := "", false
	for n, line := range strings.Split(string(text), "\n") {
		heading, isHeading := strings.CutPrefix(line, "# ")
		switch {
		case line == "":
			empty = true
			continue
		case isHeading && empty:
			group = strings.TrimSuffix(heading, ".")
		case strings.HasPrefix(line, "#"):
		default:
			folder, imports, ok := strings.Cut(line, ":")
			if !ok || folder == "" || strings.Contains(folder, " ") {
				return nil, fmt.Errorf("%s:%d: %q is not \"FOLDER: IMPORTS\"", file, n+1, line)
			}
			r := Room{Group: group, Folder: folder, Imports: strings.Fields(imports)}
			for _, name := range r.Imports {
				if name != "." && !standard(name) {
					continue // another module
				}
				if !slices.ContainsFunc(rooms, func(above Room) bool { return above.Folder == name }) {
					return nil, fmt.Errorf("%s:%d: %s imports %s, which does not stand above it", file, n+1, folder, name)
				}
			}
			rooms = append(rooms, r)
		}
		empty = false
	}
	return rooms, nil
}

// roomOf finds the room of a folder: by its name, or by a pattern.
func roomOf(rooms []Room, folder string) (Room, bool) {
	for _, r := range rooms {
		if r.Folder == folder {
			return r, true
		}
	}
	for _, r := range rooms {
		if matches(folder, []string{r.Folder}) {
			return r, true
		}
	}
	return Room{}, false
}

// The table stands between these lines of docs/architecture.md.
const (
	tableBegins = "<!-- rooms: written by `go run ./internal/abi/rules/rooms` -->\n"
	tableEnds   = "<!-- end of rooms -->\n"
)

// Table gives docs/architecture.md with the table of rooms in it: each with its purpose,
// which is the first sentence of its package's documentation.
func Table(page string, rooms []Room, files []*File) (string, error) {
	before, rest, ok := strings.Cut(page, tableBegins)
	_, after, ok2 := strings.Cut(rest, tableEnds)
	if !ok || !ok2 {
		return "", fmt.Errorf("the page has no line %q with a line %q after it", tableBegins, tableEnds)
	}
	var b strings.Builder
	b.WriteString(before + tableBegins)
	group := ""
	for _, r := range rooms {
		purpose, err := purposeOf(r, files)
		if err != nil {
			return "", err
		}
		if r.Group != group {
			group = r.Group
			fmt.Fprintf(&b, "\n%s:\n\n| room | what it is | imports |\n| --- | --- | --- |\n", group)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Folder, purpose, code(r.Imports))
	}
	b.WriteString("\n" + tableEnds + after)
	return b.String(), nil
}

// purposeOf is what one file of the room says: not two, not none.
func purposeOf(r Room, files []*File) (purpose string, err error) {
	if strings.HasSuffix(r.Folder, "/...") {
		return "programs that show one thing each", nil
	}
	for _, f := range files {
		switch {
		case f.Dir() != r.Folder || f.Test() || f.Doc == "":
		case purpose != "":
			return "", fmt.Errorf("%s: more than one file says what the package is", r.Folder)
		default:
			purpose = f.Doc
		}
	}
	for _, word := range []string{"Package ", "Command "} {
		if said, ok := strings.CutPrefix(purpose, word); ok {
			_, said, _ = strings.Cut(said, " ")
			return strings.ReplaceAll(strings.TrimRight(said, ".:,"), "|", "\\|"), nil
		}
	}
	return "", fmt.Errorf("%s: no file says what the package is (\"Package …\", \"Command …\")", r.Folder)
}

func code(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	return strings.Join(quoted, " ")
}
