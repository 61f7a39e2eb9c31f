package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/mach.md lists each command, and what it shows is what is printed.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../../docs/mach.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	var told []string
	for _, m := range regexp.MustCompile("(?m)^\\| `mach (\\w+)").FindAllStringSubmatch(text, -1) {
		told = append(told, m[1])
	}
	var have []string
	for _, c := range newRoot().Commands() {
		if c.Runnable() && c.GroupID != "" {
			have = append(have, c.Name())
		}
	}
	slices.Sort(told)
	slices.Sort(have)
	if !slices.Equal(told, have) {
		t.Errorf("the page has %v, the program %v", told, have)
	}
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(text, -1)
	shown := 0
	for _, block := range blocks {
		for _, step := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			line, want, _ := strings.Cut(step, "\n")
			args := strings.Fields(line)
			if args[0] != "mach" || strings.TrimSpace(want) == "" {
				continue
			}
			var out, errs strings.Builder
			if code := run(t.Context(), args[1:], &out, &errs); code != 0 || strings.TrimSpace(out.String()) != strings.TrimSpace(want) {
				t.Errorf("%s: %d\n%s%s\nand the page has\n%s", line, code, out.String(), errs.String(), want)
			}
			shown++
		}
	}
	if shown < 2 {
		t.Errorf("%d examples with their output", shown)
	}
}
