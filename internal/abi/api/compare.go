package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/gomach/mach/internal/abi"
)

// Last reads the record of the last release: the newest one before the
// version in preparation, or, before the first release, that version's own.
func Last(dir, preparing string) (version string, features []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "v*.txt"))
	if err != nil {
		return "", nil, err
	}
	best := ""
	for _, f := range files {
		v := strings.TrimSuffix(filepath.Base(f), ".txt")
		if less(v, preparing) && (best == "" || less(best, v)) {
			best = v
		}
	}
	if best == "" {
		best = preparing
	}
	text, err := os.ReadFile(filepath.Join(dir, best+".txt"))
	if err != nil {
		return "", nil, err
	}
	return best, strings.Split(strings.TrimSpace(string(text)), "\n"), nil
}

// less compares versions of the form v1.2.3.
func less(a, b string) bool {
	x, y := strings.Split(strings.TrimPrefix(a, "v"), "."), strings.Split(strings.TrimPrefix(b, "v"), ".")
	for i := range min(len(x), len(y)) {
		m, errX := strconv.Atoi(x[i])
		n, errY := strconv.Atoi(y[i])
		if errX != nil || errY != nil {
			return a < b
		}
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}

// Compare reports what a release had and the tree has not, or has otherwise.
// Release says which changes the policy carries out now.
func Compare(last, now []string, release *abi.Release) (broken []string, added int) {
	have := map[string]bool{}
	for _, f := range now {
		have[f] = true
	}
	had := map[string]bool{}
	for _, f := range last {
		had[f] = true
		if !have[f] && !moved(f, release) {
			broken = append(broken, fmt.Sprintf("gone or changed: %s", f))
		}
	}
	for _, f := range now {
		if !had[f] {
			added++
		}
	}
	sort.Strings(broken)
	return broken, added
}

// moved reports whether release.txt dates the change of a feature's item on or
// before the release.
func moved(feature string, release *abi.Release) bool {
	_, item, _ := strings.Cut(feature, ", ")
	words := strings.FieldsFunc(item, func(r rune) bool { return strings.ContainsRune(" (),*=[", r) })
	if len(words) < 2 {
		return false
	}
	for key, date := range release.Moves {
		if _, name, ok := strings.Cut(key, " "); ok && name == words[1] && !date.After(release.Date) {
			return true
		}
	}
	return false
}

// OneNamed reports features whose name is not there on every platform: the
// library promises that a program which compiles somewhere compiles anywhere.
func OneNamed(now []string) (wrong []string) {
	on := map[string]map[string]bool{} // name -> platforms
	for _, f := range now {
		pkg, item, _ := strings.Cut(f, ", ")
		pkg, where, partly := strings.Cut(pkg, " (")
		if !partly {
			continue
		}
		words := strings.FieldsFunc(item, func(r rune) bool { return strings.ContainsRune(" (),*=[", r) })
		key := pkg + " " + strings.Join(words[:2], " ")
		if words[0] == "method" || strings.Contains(item, " struct, ") {
			continue // a struct that differs between CPU families has other members
		}
		if on[key] == nil {
			on[key] = map[string]bool{}
		}
		for _, p := range strings.Fields(strings.TrimSuffix(where, ")")) {
			on[key][p] = true
		}
	}
	for key, platforms := range on {
		if len(platforms) != len(targets) {
			wrong = append(wrong, fmt.Sprintf("%s is on %d of %d platforms only", key, len(platforms), len(targets)))
		}
	}
	sort.Strings(wrong)
	return wrong
}
