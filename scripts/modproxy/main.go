// Command modproxy makes a folder that GOPROXY=file://DIR can name, with the
// commit that a git clone has checked out in it, as a module proxy would serve it before the first
// tag: `go get PATH@latest` finds the commit under its pseudo-version.
//
//	modproxy CLONE DIR
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
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
	m, err := publish(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "modproxy:", err)
		os.Exit(1)
	}
	fmt.Println(m)
}

// publish writes the files of the module proxy protocol
// (https://go.dev/ref/mod#goproxy-protocol) for the
// commit at HEAD.
func publish(clone, dir string) (module.Version, error) {
	git := func(args ...string) ([]byte, error) {
		cmd := exec.Command("git", append([]string{"-C", clone}, args...)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
		}
		return out, nil
	}
	mod, err := git("show", "HEAD:go.mod")
	if err != nil {
		return module.Version{}, err
	}
	said, err := git("show", "--no-patch", "--format=%H %cI", "HEAD")
	if err != nil {
		return module.Version{}, err
	}
	hash, date, _ := strings.Cut(strings.TrimSpace(string(said)), " ")
	at, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return module.Version{}, err
	}
	m := module.Version{
		Path:    modfile.ModulePath(mod),
		Version: module.PseudoVersion("v0", "", at, hash[:12]),
	}
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
		"@v/list":                   nil, // tags only; there is none
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
	if err := zip.CreateFromVCS(f, m, clone, hash, ""); err != nil {
		f.Close()
		return m, err
	}
	return m, f.Close()
}
