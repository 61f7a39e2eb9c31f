//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"
)

// TestPolicy runs a program that tries to change what it may not, outside of its folders and in
// one that -ro keeps as it is, and looks afterwards whether it did.
func TestPolicy(t *testing.T) {
	tool := newCompiler(t)
	want, err := os.ReadFile("testdata/policy/policy.out")
	if err != nil {
		t.Fatal(err)
	}
	for arch := range targets {
		exe := tool.compile(t, arch, "testdata/policy/policy.c")
		for _, kept := range []string{"outside", "work/outer/ro"} {
			t.Run(arch+"/"+filepath.Base(kept), func(t *testing.T) {
				base := t.TempDir()
				dir := filepath.Join(base, kept)
				mkdirs(t, filepath.Join(base, "work/outer/ro"), filepath.Join(dir, "d"))
				write(t, filepath.Join(dir, "f"), "as it is")
				l, err := net.Listen("unix", filepath.Join(dir, "s"))
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				before := snapshot(t, dir)
				got := tool.run(t, filepath.Join(base, "work"), []string{"-ro", "outer/ro"}, exe, dir)
				if !bytes.Equal(got, want) {
					t.Errorf("prints:\n%s\nwant:\n%s", got, want)
				}
				if after := snapshot(t, dir); after != before {
					t.Errorf("changed from\n%s\nto\n%s", before, after)
				}
			})
		}
	}
}

// TestPolicyRace: symbolic links that somebody exchanges meanwhile do not lead past the policy.
func TestPolicyRace(t *testing.T) {
	tool := newCompiler(t)
	exe := tool.compile(t, "amd64", "testdata/policy/race.c")
	base := t.TempDir()
	work, outside := filepath.Join(base, "work"), filepath.Join(base, "outside")
	mkdirs(t, filepath.Join(work, "mine"), outside)
	for _, d := range []string{filepath.Join(work, "mine"), outside} {
		write(t, filepath.Join(d, "f"), "as it is")
	}
	before := snapshot(t, outside)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			target := []string{"mine", "../outside"}[i%2]
			next := filepath.Join(work, "next")
			if os.Symlink(target, next) != nil || os.Rename(next, filepath.Join(work, "link")) != nil {
				return
			}
		}
	}()
	out := tool.run(t, work, nil, exe)
	close(stop)
	<-ended
	var done, refused int
	if _, err := fmt.Sscanf(string(out), "done %d refused %d", &done, &refused); err != nil || done == 0 || refused == 0 {
		t.Errorf("the links were not exchanged while they were used: %q", out)
	}
	if after := snapshot(t, outside); after != before {
		t.Errorf("changed from\n%s\nto\n%s", before, after)
	}
}

// snapshot describes a folder: names, modes, times, contents.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		i, err := d.Info()
		if err != nil {
			return err
		}
		b, _ := os.ReadFile(path)
		lines = append(lines, fmt.Sprintln(path, i.Mode(), i.ModTime().UnixNano(), string(b)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(lines)
	return strings.Join(lines, "")
}

func mkdirs(t *testing.T, dirs ...string) {
	t.Helper()
	for _, d := range dirs {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a program under darwinrun in a folder, which is the temporary folder too, and gives
// what it prints.
func (k *compiler) run(t *testing.T, dir string, flags []string, program string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, k.runner, append(append(flags, program), args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Error(err)
	}
	return out
}
