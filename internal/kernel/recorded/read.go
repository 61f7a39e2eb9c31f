package recorded

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Every calls f with each sequence of a recording, a gzip file of the language.
func Every(path string, f func(title string, lines, results []string)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var title string
	var lines, results []string
	end := func() error {
		if len(lines) != len(results) {
			return fmt.Errorf("%s, %s: %d operations with %d results", path, title, len(lines), len(results))
		}
		if title != "" {
			f(title, lines, results)
		}
		lines, results = nil, nil
		return nil
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := in.Text()
		switch {
		case strings.HasPrefix(line, "#"):
			if err := end(); err != nil {
				return err
			}
			title = line
		case strings.HasPrefix(line, ";"), line == "":
		case strings.HasPrefix(line, "= "):
			results = append(results, sorted(line[2:]))
		default:
			lines = append(lines, line)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return end()
}

// sorted puts the names of a dump that have no number into the order that a
// World shows them in: the recordings have them by index, which says nothing.
func sorted(result string) string {
	numbered, rest, found := strings.Cut(result, " ?:")
	if !found || !strings.HasPrefix(result, "dump ") {
		return result
	}
	types := strings.Split(rest, " ?:")
	slices.Sort(types)
	return numbered + " ?:" + strings.Join(types, " ?:")
}
