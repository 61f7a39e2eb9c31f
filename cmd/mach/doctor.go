package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/task"
)

// finding is one thing that decides whether a process may be looked at.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"` // "ok", "limits" or "forbids"
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"`
}

// What a finding means.
const (
	fine    = "ok"
	limits  = "limits"  // some processes
	forbids = "forbids" // this one, or all
)

// entitlements is the property list that makes a program a debugger on macOS.
const entitlements = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>com.apple.security.cs.debugger</key>
	<true/>
</dict>
</plist>
`

func doctorCommand() *cobra.Command {
	var plist, sign bool
	c := &cobra.Command{
		Use:   "doctor [PID]",
		Short: "Why a process may not be looked at, and what mends it",
		Long: `doctor checks what decides whether mach may look at processes, and with a PID at that
one: root, on macOS the debugger's entitlement, System Integrity Protection, developer mode
and the target's signature, on Linux capabilities, ptrace_scope, seccomp, namespaces and
other debuggers. With each finding that is in the way stands the command that mends it. It
ends with 4 if the process may not be looked at.

On macOS --sign signs mach itself as a debugger, with the property list that --plist
prints; that needs no certificate.`,
		Args:              optional("PID"),
		ValidArgsFunction: completePID,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case plist:
				return emit(cmd, map[string]string{"entitlements": entitlements}, func(w *printer) { w.WriteString(entitlements) })
			case sign:
				return signSelf(cmd)
			}
			pid := 0
			if len(args) > 0 {
				var err error
				if pid, err = findPID(args[0]); err != nil {
					return err
				}
			}
			found := examine(cmd.Context(), pid)
			var refused error
			if pid != 0 {
				refused = attempt(cmd.Context(), pid)
				found = append(found, verdict(refused))
			}
			if err := emit(cmd, found, func(w *printer) { printFindings(w, found) }); err != nil {
				return err
			}
			if refused != nil {
				return fmt.Errorf("process %d may not be looked at: %w", pid, summary{refused})
			}
			return nil
		},
	}
	c.Flags().BoolVar(&plist, "plist", false, "print the property list of a debugger's entitlement on macOS")
	c.Flags().BoolVar(&sign, "sign", false, "sign mach itself with it")
	c.MarkFlagsMutuallyExclusive("plist", "sign")
	return c
}

// summary is an error of which only the first line is wanted, as the rest stands above.
type summary struct{ error }

func (s summary) Unwrap() error { return s.error }

func (s summary) Error() string {
	line, _, _ := strings.Cut(s.error.Error(), "\n")
	return line
}

// attempt does what looking takes: it opens the task, stops it and lets it run on.
func attempt(ctx context.Context, pid int) error {
	t, err := task.ForPID(ctx, pid)
	if err != nil {
		return err
	}
	defer t.Close()
	if t.IsSelf() {
		return nil
	}
	return t.Suspended(ctx, func(context.Context) error { return nil })
}

func verdict(err error) finding {
	if err == nil {
		return finding{"attempt", fine, "the process was stopped and runs on: it may be looked at", ""}
	}
	f := finding{Check: "attempt", State: forbids, Found: summary{err}.Error()}
	var r *task.Refusal
	if errors.As(err, &r) {
		f.Found, f.Remedy = r.Reason, r.Advice
	}
	return f
}

func printFindings(w *printer, found []finding) {
	for _, f := range found {
		w.line(fmt.Sprintf("%-8s %-13s ", f.State, f.Check), f.Found)
		if f.Remedy != "" {
			for line := range strings.Lines(f.Remedy) {
				w.line(strings.Repeat(" ", 23), strings.TrimSuffix(line, "\n"))
			}
		}
	}
}

// signSelf signs the program that runs, as a copy that takes its place: macOS kills a
// program whose file changes under it.
func signSelf(cmd *cobra.Command) error {
	if runtime.GOOS != "darwin" {
		return fmt.Errorf("programs are signed on macOS only: on this system %w", errors.ErrUnsupported)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return err
	}
	if err := signProgram(cmd.Context(), self, "codesign"); err != nil {
		return err
	}
	return emit(cmd, map[string]string{"signed": self}, func(w *printer) { w.line(self, " is signed as a debugger") })
}

// signProgram signs a program by a tool that takes the arguments of codesign.
func signProgram(ctx context.Context, program, codesign string) (err error) {
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(program), ".mach-sign-")
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w\nthe folder is not yours: sudo %s doctor --sign", err, program)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	plist, signed := filepath.Join(dir, "debugger.plist"), filepath.Join(dir, filepath.Base(program))
	b, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(plist, []byte(entitlements), 0o600), os.WriteFile(signed, b, info.Mode().Perm())); err != nil {
		return err
	}
	if b, err := exec.CommandContext(ctx, codesign, "-s", "-", "-f", "--entitlements", plist, signed).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", codesign, err, strings.TrimSpace(string(b)))
	}
	return os.Rename(signed, program)
}
