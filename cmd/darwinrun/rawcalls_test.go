//go:build linux && (amd64 || arm64)

package main

import (
	"os"
	"strings"
	"testing"
)

// TestRawCalls: system calls by number, see testdata/c/rawcalls.c. Numbers that Darwin does
// not have answer ENOSYS and KERN_INVALID_ARGUMENT without a word.
func TestRawCalls(t *testing.T) {
	want, err := os.ReadFile("testdata/c/rawcalls.out")
	if err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), cguest(t, arch, "rawcalls"))
		compare(t, r.stdout, string(want))
		if r.code != 0 || r.stderr != "" {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
	})
}

// TestGoRawCalls: Go's syscall.Syscall and RawSyscall.
func TestGoRawCalls(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "rawcalls"))
		compare(t, r.stdout, "getpid true errno 0\nwritten\nwrite 8 errno 0\nclose true bad file descriptor\nmac_syscall function not implemented\n")
		if r.code != 0 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "darwinrun: mac_syscall: not implemented") {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
	})
}

// TestPrivileged: no instruction is executed that a program may not execute, and none is
// passed over.
func TestPrivileged(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), cguest(t, arch, "privileged"))
		compare(t, r.stdout, "end\n")
		r.endsWell(t)
	})
}
