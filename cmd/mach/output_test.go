package main

import (
	"bufio"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
)

// Wide characters take two columns (Unicode's UAX 11), and nothing is wider than the
// terminal.
func TestTable(t *testing.T) {
	rows := [][]string{{"日本語", "1", "x"}, {"abc", "22", strings.Repeat("語", 30)}}
	show := func(width int) []string {
		var b strings.Builder
		p := &printer{bufio.NewWriter(&b), false, width}
		p.table([]string{"NAME", ">N", "REST"}, rows)
		if err := p.Flush(); err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	}
	wide := show(0)
	if wide[0] != "NAME     N  REST" || wide[1] != "日本語   1  x" || !strings.HasPrefix(wide[2], "abc     22  語") || len([]rune(wide[2])) != 12+30 {
		t.Errorf("%q", wide)
	}
	narrow := show(40)
	if narrow[0] != "NAME    N REST" || narrow[1] != "日本語  1 x" {
		t.Errorf("%q", narrow)
	}
	for _, line := range narrow {
		if runewidth.StringWidth(line) > 40 {
			t.Errorf("%q is %d wide", line, runewidth.StringWidth(line))
		}
	}
	if !strings.HasSuffix(narrow[2], "…") {
		t.Errorf("%q is not cut off", narrow[2])
	}
}

// Paths lose their first folders where a terminal is narrow.
func TestShortenPath(t *testing.T) {
	for most, want := range map[int]string{100: "…/local/go/src/proc.go", 22: "…/local/go/src/proc.go", 21: "…/go/src/proc.go", 9: "…/proc.go", 8: "proc.go", -5: "proc.go"} {
		if got := shortenPath("/usr/local/go/src/proc.go", most); got != want {
			t.Errorf("%d: %s, want %s", most, got, want)
		}
	}
	if got := shortenPath("proc.go", 3); got != "proc.go" {
		t.Error(got)
	}
}
