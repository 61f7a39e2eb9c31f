package rules

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var useFolder = regexp.MustCompile(`(?m)^\t(\.\S*)$`)

// used are the folders of the modules that go.work names.
func used(t *testing.T) (folders []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.work"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range useFolder.FindAllStringSubmatch(string(text), -1) {
		folders = append(folders, filepath.Clean(m[1]))
	}
	return folders
}

// go.work names every module of the tree: what it leaves out, no check would see.
// Test data may be modules that stand alone.
func TestModules(t *testing.T) {
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git" || d.Name() == ".cache" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.Name() == "go.mod":
			folder, err := filepath.Rel(root, filepath.Dir(path))
			found = append(found, folder)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := used(t)
	slices.Sort(found)
	slices.Sort(named)
	if !slices.Equal(found, named) {
		t.Errorf("modules in %q, but go.work names %q", found, named)
	}
}

// The library requires golang.org/x/sys and nothing else: that is what its users get.
func TestRequirements(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		switch words := strings.Fields(line); {
		case len(words) == 0, words[0] == "module", words[0] == "go":
		case len(words) == 3 && words[0] == "require" && words[1] == "golang.org/x/sys":
		default:
			t.Errorf("go.mod: %s", line)
		}
	}
	for _, folder := range used(t) {
		text, err := os.ReadFile(filepath.Join(root, folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		// Who installs a program from its module would not have it.
		if strings.Contains(string(text), "replace") {
			t.Errorf("%s/go.mod replaces a module", folder)
		}
	}
}

// Scripts and workflows run over all modules ("work"): at the root, ./... does not
// see the others.
func TestScriptsSeeAllModules(t *testing.T) {
	for _, pattern := range []string{"scripts/*.sh", "ci/*.sh", "Makefile", ".github/workflows/*.yml", ".github/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no such files: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), " ./...") {
				t.Errorf("%s names ./..., which is one module", file)
			}
		}
	}
}
