// Command modproxy makes a folder that GOPROXY=file://DIR can name, with the
// commit that a git clone has checked out in it, as a module proxy would serve it
// once it has its tags: the library and the programs, both at the version of the
// library that the programs require.
//
//	modproxy CLONE DIR
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: modproxy CLONE DIR")
		os.Exit(2)
	}
	if err := publishAll(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "modproxy:", err)
		os.Exit(1)
	}
}

// programs is the folder, and the end of the path, of the programs' module.
const programs = "cmd"

// publishAll publishes both modules and prints them.
func publishAll(clone, dir string) error {
	c := commit{clone: clone}
	mod, err := c.git("show", "HEAD:"+programs+"/go.mod")
	if err != nil {
		return err
	}
	f, err := modfile.ParseLax(programs+"/go.mod", mod, nil)
	if err != nil {
		return err
	}
	library := strings.TrimSuffix(f.Module.Mod.Path, "/"+programs)
	for _, r := range f.Require {
		if r.Mod.Path != library {
			continue
		}
		for _, folder := range []string{"", programs} {
			m, err := c.publish(folder, r.Mod.Version, dir)
			if err != nil {
				return err
			}
			fmt.Println(m)
		}
		return nil
	}
	return fmt.Errorf("%s/go.mod does not require %s", programs, library)
}

// commit is what a clone has checked out.
type commit struct{ clone string }

func (c commit) git(args ...string) ([]byte, error) {
	cmd := exec.Command("git", append([]string{"-C", c.clone}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}

// publish writes the files of the module proxy protocol
// (https://go.dev/ref/mod#goproxy-protocol) for the module in a folder.
func (c commit) publish(folder, version, dir string) (module.Version, error) {
	mod, err := c.git("show", "HEAD:"+path.Join(folder, "go.mod"))
	if err != nil {
		return module.Version{}, err
	}
	said, err := c.git("show", "--no-patch", "--format=%H %cI", "HEAD")
	if err != nil {
		return module.Version{}, err
	}
	hash, date, _ := strings.Cut(strings.TrimSpace(string(said)), " ")
	at, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return module.Version{}, err
	}
	m := module.Version{Path: modfile.ModulePath(mod), Version: version}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{m.Version, at.UTC()})
	if err != nil {
		return m, err
	}

	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return m, err
	}
	base := filepath.Join(dir, filepath.FromSlash(escaped))
	if err := os.MkdirAll(filepath.Join(base, "@v"), 0o755); err != nil {
		return m, err
	}
	for name, text := range map[string][]byte{
		"@latest":                   info,
		"@v/list":                   []byte(m.Version + "\n"),
		"@v/" + m.Version + ".info": info,
		"@v/" + m.Version + ".mod":  mod,
	} {
		if err := os.WriteFile(filepath.Join(base, filepath.FromSlash(name)), text, 0o644); err != nil {
			return m, err
		}
	}
	f, err := os.Create(filepath.Join(base, "@v", m.Version+".zip"))
	if err != nil {
		return m, err
	}
	if err := zip.CreateFromVCS(f, m, c.clone, hash, folder); err != nil {
		f.Close()
		return m, err
	}
	return m, f.Close()
}
