package examples

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The index has a line for each example, and none for what is not there.
func TestIndex(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, main := range mains {
		if dir := filepath.Dir(main); !strings.Contains(string(index), "["+dir+"]("+dir+")") {
			t.Errorf("README.md has no link to %s", dir)
		}
	}
	if links := strings.Count(string(index), "]("); links != len(mains) {
		t.Errorf("%d links, %d examples", links, len(mains))
	}
}
