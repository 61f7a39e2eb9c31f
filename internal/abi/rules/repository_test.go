package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	usesAction   = regexp.MustCompile(`(?m)^\s*- uses: (\S+)`)
	pinnedAction = regexp.MustCompile(`^[\w-]+/[\w.-]+@[0-9a-f]{40}$`)
)

// Workflows may read the repository and no more, and name the actions that they use by
// commit: a tag can be moved.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no workflows: ", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "\npermissions:\n  contents: read\n") {
			t.Errorf("%s does not say that it only reads", file)
		}
		if strings.Contains(string(text), ": write") {
			t.Errorf("%s lets a job write", file)
		}
		for _, m := range usesAction.FindAllStringSubmatch(string(text), -1) {
			if !pinnedAction.MatchString(m[1]) {
				t.Errorf("%s: %s is not pinned by its commit", file, m[1])
			}
		}
	}
}

// The three licences stand in files with names that pkg.go.dev looks for (FileNames in
// pkgsite's internal/licenses), or it would show no documentation.
func TestLicences(t *testing.T) {
	for file, says := range map[string]string{
		"LICENSE":        "BSD 2-Clause License",
		"LICENSE-MIT":    "MIT License",
		"LICENSE-APACHE": "Apache License",
	} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(string(text), says) {
			t.Errorf("%s does not hold the %s", file, says)
		}
	}
}
