package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeProc writes files of a /proc; a name with "->" in its text is a link.
func fakeProc(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, is := strings.CutPrefix(text, "->"); is {
			err = os.Symlink(to, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Each rule of Linux (proc(5), Documentation/admin-guide/LSM/Yama.rst, ptrace(2),
// user_namespaces(7)) is found, with what mends it.
func TestExamine(t *testing.T) {
	const all, none = "CapEff:\t000001ffffffffff\nSeccomp:\t0\n", "CapEff:\t0000000000000000\nSeccomp:\t0\n"
	const whole = "         0          0 4294967295\n"
	target := func(more string) string {
		return "Name:\tit\nState:\tS (sleeping)\nPPid:\t1\nTracerPid:\t0\nUid:\t77\t77\t77\t77\nVmSize:\t10 kB\n" + more
	}
	for _, c := range []struct {
		what  string
		uid   int
		files map[string]string
		check string // and its state
		found string
		try   string
	}{
		{"no /proc", 0, nil, "/proc forbids", "not mounted", "mount -t proc"},
		{"root", 0, map[string]string{"self/status": all}, "user ok", "root", ""},
		{"a user", 77, map[string]string{"self/status": none}, "user limits", "user 77", "sudo /bin/mach"},
		{"a capability", 77, map[string]string{"self/status": all}, "capability ok", "CAP_SYS_PTRACE", ""},
		{"none", 77, map[string]string{"self/status": none}, "capability limits", "is not there", "setcap cap_sys_ptrace=ep /bin/mach"},
		{"a container", 0, map[string]string{"self/status": none}, "capability limits", "container", "--cap-add=SYS_PTRACE"},
		{"a filter", 0, map[string]string{"self/status": "CapEff:\tff\nSeccomp:\t2\n"}, "seccomp limits", "filter", "seccomp=unconfined"},
		{"no Yama", 77, map[string]string{"self/status": none}, "ptrace_scope ok", "no such rule", ""},
		{"scope 0", 77, map[string]string{"self/status": none, "sys/kernel/yama/ptrace_scope": "0\n"}, "ptrace_scope ok", "0", ""},
		{"scope 1", 77, map[string]string{"self/status": none, "sys/kernel/yama/ptrace_scope": "1\n"}, "ptrace_scope limits", "have started", "sysctl kernel.yama.ptrace_scope=0"},
		{"scope 1, root", 0, map[string]string{"self/status": all, "sys/kernel/yama/ptrace_scope": "1\n"}, "ptrace_scope ok", "no matter", ""},
		{"scope 2", 77, map[string]string{"self/status": none, "sys/kernel/yama/ptrace_scope": "2\n"}, "ptrace_scope forbids", "it takes CAP_SYS_PTRACE", "sysctl"},
		{"scope 3, root", 0, map[string]string{"self/status": all, "sys/kernel/yama/ptrace_scope": "3\n"}, "ptrace_scope forbids", "next boot", ""},
		{"own users", 0, map[string]string{"self/status": all, "self/uid_map": whole}, "namespace ok", "own users", ""},
		{"other users", 0, map[string]string{"self/status": all, "self/uid_map": "0 1000 1\n"}, "namespace limits", "user namespace", "outside"},
		{"hidepid", 77, map[string]string{"self/status": none, "self/mounts": "proc /proc proc rw,hidepid=invisible 0 0\n"}, "hidepid limits", "hides", "sudo"},
		{"none there", 0, map[string]string{"self/status": all}, "process forbids", "no such process", ""},
		{"there", 77, map[string]string{"self/status": none, "9/status": target("")}, "its user ok", "user 77", ""},
		{"another's", 78, map[string]string{"self/status": none, "9/status": target("")}, "its user forbids", "user 77", "sudo /bin/mach doctor 9"},
		{"ended", 0, map[string]string{"self/status": all, "9/status": "Name:\tit\nState:\tZ (zombie)\nPPid:\t5\n"}, "process forbids", "parent 5 has not waited", ""},
		{"kernel's", 0, map[string]string{"self/status": all, "9/status": "Name:\tkthreadd\nState:\tS (sleeping)\n"}, "process forbids", "kernel's own threads", ""},
		{"debugged", 0, map[string]string{"self/status": all, "8/comm": "gdb\n", "9/status": "TracerPid:\t8\nVmSize:\t1 kB\n"}, "debugger forbids", "process 8 (gdb)", "end that debugger"},
		{"namespaces", 0, map[string]string{"self/status": all, "self/ns/user": "->user:[1]", "9/ns/user": "->user:[2]", "9/status": target("")}, "its namespace limits", "another user namespace", "sudo"},
		{"not dumpable", 77, map[string]string{"self/status": none, "9/status": target("")}, "dumpable forbids", "may not be dumped", "sudo"},
	} {
		x := examiner{fakeProc(t, c.files), c.uid, "/bin/mach"}
		if c.what == "there" && os.Geteuid() == 0 {
			if err := os.Chown(filepath.Join(x.proc, "9"), 77, 77); err != nil {
				t.Fatal(err)
			}
		}
		found := append(x.program(), x.target(9)...)
		seen := false
		for _, f := range found {
			if f.Check+" "+f.State == c.check {
				seen = true
				if !strings.Contains(f.Found, c.found) || !strings.Contains(f.Remedy, c.try) || (c.try == "") != (f.Remedy == "") {
					t.Errorf("%s: %+v", c.what, f)
				}
			}
		}
		if !seen {
			t.Errorf("%s: no %q in %+v", c.what, c.check, found)
		}
	}
}
