//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gomach/mach/internal/abi/gotool"
)

// starting is a dumper that starts testdata/target.c itself, behind a wrapper
// command if there is one.
func starting(t *testing.T, wrapper ...string) *exec.Cmd {
	t.Helper()
	gotool.CompilerForTest(t)
	program, err := buildTarget()
	if err != nil {
		t.Fatal(err)
	}
	path, err := buildDumper()
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrapper, path, "--", program, "park")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = "/"
	return cmd
}

var startedAs = regexp.MustCompile(`started \S+ as process (\d+)`)

// dumpsItsOwn runs such a dumper, and checks the values in the dump, and that
// the target has ended. On a busy machine the target may not have come so far when it is
// looked at: then it is tried again.
func dumpsItsOwn(t *testing.T, dumper func() *exec.Cmd, here bool) {
	t.Helper()
	var dump, lacks string
	for range 5 {
		if dump, lacks = dumpOfItsOwn(t, dumper(), here); lacks == "" {
			return
		}
	}
	t.Errorf("the dump lacks %s:\n%s", lacks, dump)
}

func dumpOfItsOwn(t *testing.T, cmd *exec.Cmd, here bool) (dump, lacks string) {
	t.Helper()
	var out, messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &messages
	if _, err := cmd.StdinPipe(); err != nil { // at whose end the target ends
		t.Fatal(err)
	}
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &out, &messages)
	}
	m := startedAs.FindStringSubmatch(messages.String())
	if m == nil {
		t.Fatalf("it does not say what it started: %q", &messages)
	}
	if pid, _ := strconv.Atoi(m[1]); here && !over(pid) {
		t.Errorf("the target, process %d, is still there: %s", pid, statusOf(pid, "State"))
	}
	kept, _ := preserved()
	for j, name := range kept {
		want := regexp.MustCompile(`(?m)\b` + name + ` +0x` + strconv.FormatUint(0x1111222233334400+uint64(j), 16) + `\b`)
		if !want.MatchString(out.String()) {
			return out.String(), want.String()
		}
	}
	return out.String(), ""
}

// over tells whether a process has ended; who waits for it then is not ours to
// say.
func over(pid int) bool {
	s := statusOf(pid, "State")
	return s == "" || strings.HasPrefix(s, "Z")
}

func TestStartsItsTarget(t *testing.T) { dumpsItsOwn(t, func() *exec.Cmd { return starting(t) }, true) }

func TestStartsItsTargetAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run the dumper as somebody else")
	}
	dumpsItsOwn(t, func() *exec.Cmd {
		cmd := starting(t)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		return cmd
	}, true)
}

// A container: own user, pid and mount name spaces, and no capability at all.
func TestStartsItsTargetInContainer(t *testing.T) {
	in := []string{"unshare", "--user", "--map-user=1000", "--pid", "--fork", "--mount", "--mount-proc", "--"}
	status, err := exec.Command(in[0], append(in[1:], "cat", "/proc/self/status")...).CombinedOutput()
	if err != nil {
		t.Skipf("no name spaces here: %v\n%s", err, status)
	}
	if !strings.Contains(string(status), "CapEff:\t0000000000000000") {
		t.Fatalf("there are capabilities in it:\n%s", status)
	}
	dumpsItsOwn(t, func() *exec.Cmd { return starting(t, in...) }, false)
}

// The target ends when the dumper is killed, which cannot end it itself.
func TestStartedTargetEndsWithTheDumper(t *testing.T) {
	path, err := buildDumper()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--", "sleep", "600")
	messages, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 200)
	n, _ := messages.Read(b)
	cmd.Process.Kill()
	cmd.Wait()
	m := startedAs.FindStringSubmatch(string(b[:n]))
	if m == nil {
		t.Fatalf("it said %q", b[:n])
	}
	pid, _ := strconv.Atoi(m[1])
	eventually(t, "the target has ended", func() bool { return over(pid) })
}

func TestStartsWhatEndsOrIsNot(t *testing.T) {
	for name, want := range map[string]string{"true": "ended (exit status 0) before", "/nothing/here": "no such file"} {
		out, err := dumper(t, "--", name).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, %q; want %q", name, err, out, want)
		}
	}
	if out, err := dumper(t, "--").CombinedOutput(); err == nil || !strings.Contains(string(out), "usage: ") {
		t.Errorf("nothing to start: %v, %q", err, out)
	}
}
