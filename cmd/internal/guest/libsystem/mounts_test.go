//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMounts: EVFILT_FS tells of file systems that are mounted, changed and unmounted (VQ_MOUNT,
// VQ_UPDATE, VQ_UNMOUNT of sys/mount.h). The runner has a view of the mounts of its own, so that
// nothing is changed for others.
func TestMounts(t *testing.T) {
	for _, tool := range []string{"nsenter", "mount", "umount"} {
		if _, err := exec.LookPath(tool); err != nil || os.Getuid() != 0 {
			t.Skip("only root can mount, with nsenter and mount", err)
		}
	}
	tool := newCompiler(t)
	for arch := range targets {
		t.Run(arch, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			dir := t.TempDir()
			cmd := exec.CommandContext(ctx, tool.runner, tool.compile(t, arch, "testdata/mounts.c"))
			cmd.Dir, cmd.Stderr = dir, os.Stderr
			cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Skip("no mounts of one's own here: ", err)
			}
			lines := bufio.NewScanner(out)
			for _, step := range []struct{ do, want string }{
				{"", "ready"},
				{"mount -t tmpfs none " + dir, "mount "},
				{"mount -o remount,ro " + dir, "update "},
				{"umount " + dir, "unmount "},
			} {
				if step.do != "" {
					args := append([]string{"-m", "-t", strconv.Itoa(cmd.Process.Pid), "--"}, strings.Fields(step.do)...)
					if b, err := exec.CommandContext(ctx, "nsenter", args...).CombinedOutput(); err != nil {
						t.Errorf("%s: %v\n%s", step.do, err, b)
						break
					}
				}
				if !lines.Scan() || lines.Text() != step.want {
					t.Errorf("%s: %q, want %q", step.do, lines.Text(), step.want)
				}
			}
			if t.Failed() {
				cancel()
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}
