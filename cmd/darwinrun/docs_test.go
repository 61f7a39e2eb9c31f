//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// The tests of this file hold what docs/darwinrun.md says and no other test is about.

func docs(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/darwinrun.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestDocsFlags: the table has each flag that -h prints, and no other.
func TestDocsFlags(t *testing.T) {
	_, err := parse([]string{"darwinrun", "-h"})
	h, ok := err.(*help)
	if !ok {
		t.Fatal(err)
	}
	shown := map[string]*flag.Flag{}
	h.flags.VisitAll(func(f *flag.Flag) {
		if !hidden(f.Name) {
			shown[f.Name] = f
		}
	})
	for _, row := range regexp.MustCompile("(?m)^\\| `-([a-z0-9-]+)( [^`]+)?` \\|").FindAllStringSubmatch(docs(t), -1) {
		f := shown[row[1]]
		delete(shown, row[1])
		if f == nil {
			t.Errorf("there is no -%s", row[1])
			continue
		}
		b, _ := f.Value.(interface{ IsBoolFlag() bool })
		if takes := b == nil || !b.IsBoolFlag(); takes != (row[2] != "") {
			t.Errorf("-%s takes an argument: %v, the docs: %q", f.Name, takes, row[2])
		}
	}
	for name := range shown {
		t.Errorf("the docs lack -%s", name)
	}
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	r := darwinrun(t, t.TempDir(), "-h")
	if r.code != 0 || r.stderr != "" || !strings.HasPrefix(r.stdout, usage) || strings.Count(r.stdout, "\n  -") != strings.Count(docs(t), "\n| `-") {
		t.Errorf("-h: %d %q\n%s", r.code, r.stderr, r.stdout)
	}
}

// TestDocsSession: the first lines of the docs, and `go run`, with nothing but links to the runner.
func TestDocsSession(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	b, err := exec.Command("go", "list", "-f", "{{.ImportPath}}").Output()
	if path := strings.TrimSpace(string(b)); err != nil || !strings.Contains(docs(t), "go install "+path+"@latest\n") {
		t.Errorf("the docs do not install %q, %v", path, err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		dir, bin := t.TempDir(), t.TempDir()
		for name, text := range map[string]string{
			"go.mod":        "module hello\n\ngo 1.25\n",
			"main.go":       "package main\n\nimport (\n\t\"fmt\"\n\t\"runtime\"\n)\n\nfunc main() { fmt.Println(\"hello,\", runtime.GOOS) }\n",
			"hello_test.go": "package main\n\nimport (\n\t\"os\"\n\t\"runtime\"\n\t\"testing\"\n)\n\nfunc Test(t *testing.T) {\n\tif runtime.GOOS+runtime.GOARCH != \"darwin\"+os.Getenv(\"WANT\") {\n\t\tt.Error(runtime.GOOS, runtime.GOARCH)\n\t}\n}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		run := func(line, want string) {
			t.Helper()
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=", "WANT="+arch, "DARWINRUN_BE_RUNNER=1")
			if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), want) {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
		link := func(name string) {
			t.Helper()
			if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
				t.Fatal(err)
			}
		}
		link("darwinrun")
		run("go build -o hello . && darwinrun ./hello", "hello, darwin\n")
		run("go test -count=1 -exec darwinrun ./...", "ok  \thello")
		link("go_darwin_" + arch + "_exec")
		run("go test -count=1 ./...", "ok  \thello")
		run("go run .", "hello, darwin\n")
	})
}

// TestArch: a part of a fat file (<mach-o/fat.h>), by the flag or by the runner's name.
func TestArch(t *testing.T) {
	parts := map[string]uint32{"amd64": 0x01000007, "arm64": 0x0100000c}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 0xcafebabe), 2)
	var body []byte
	for _, arch := range []string{"amd64", "arm64"} {
		b, err := os.ReadFile(guest(t, arch, "system"))
		if err != nil {
			t.Fatal(err)
		}
		for (16384+len(body))%16384 != 0 {
			body = append(body, 0)
		}
		for _, w := range []uint32{parts[arch], 0, uint32(16384 + len(body)), uint32(len(b)), 14} {
			head = binary.BigEndian.AppendUint32(head, w)
		}
		body = append(body, b...)
	}
	dir := t.TempDir()
	fat := filepath.Join(dir, "fat")
	if err := os.WriteFile(fat, append(append(head, make([]byte, 16384-len(head))...), body...), 0o755); err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, dir, "-arch", arch, fat, "child")
		if want := "child " + arch + " got"; r.code != 7 || !strings.HasPrefix(r.stdout, want) {
			t.Errorf("%d %q %q, want %q", r.code, r.stdout, r.stderr, want)
		}
	})
	eachArch(t, func(t *testing.T, arch string) {
		other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[arch]
		if r := darwinrun(t, dir, "-arch", other, guest(t, arch, "system")); r.code != exitRunner || r.stdout != "" {
			t.Errorf("a program for %s with -arch %s: %d %q", arch, other, r.code, r.stdout)
		}
	})
}

// TestCountExact: 1,000 instructions more are 1,000 more, and calls of another thread between two
// calls change nothing.
func TestCountExact(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "count")
		count := func(args ...string) (n, least, most int) {
			t.Helper()
			r := darwinrun(t, t.TempDir(), append([]string{"-count", "getppid,none", exe}, args...)...)
			var median, mode int
			if _, err := fmt.Sscanf(r.stderr, "count getppid intervals=%d min=%d median=%d max=%d mode=%d\ncount none intervals=0\n", &n, &least, &median, &most, &mode); err != nil || r.code != 0 {
				t.Fatalf("%v: %d\n%s", err, r.code, r.stderr)
			}
			return n, least, most
		}
		n, few, max := count("500")
		if n != 49 || few != max || few <= 500 || few > 520 {
			t.Errorf("%d intervals of %d to %d instructions, want 49 with 500 and a loop", n, few, max)
		}
		if n, least, most := count("1500"); n != 49 || least != few+1000 || most != few+1000 {
			t.Errorf("%d intervals of %d to %d instructions, want 49 of %d", n, least, most, few+1000)
		}
		if n, least, most := count("500", "twice"); n != 98 || least != few || most != few {
			t.Errorf("two threads: %d intervals of %d to %d instructions, want 98 of %d", n, least, most, few)
		}
	})
}

// TestEnvironment: GODEBUG is added to, and never changed.
func TestEnvironment(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"A=1", "A=1 GODEBUG=asyncpreemptoff=1"},
		{"GODEBUG= B=2", "GODEBUG=asyncpreemptoff=1 B=2"},
		{"GODEBUG=gctrace=1", "GODEBUG=asyncpreemptoff=1,gctrace=1"},
		{"GODEBUG=asyncpreemptoff=0", "GODEBUG=asyncpreemptoff=0"},
		{"GODEBUG=x=1,asyncpreemptoff=0 C=3", "GODEBUG=x=1,asyncpreemptoff=0 C=3"},
	} {
		if got := strings.Join(environment(strings.Split(c.in, " ")), " "); got != c.out {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.out)
		}
	}
}

// TestLimits: see testdata/c/limits.c and testdata/go/unknown.go.
func TestLimits(t *testing.T) {
	want, err := os.ReadFile("testdata/c/limits.out")
	if err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), cguest(t, arch, "limits"))
		compare(t, r.stdout, string(want))
		r.endsWell(t)
		r = darwinrun(t, t.TempDir(), guest(t, arch, "unknown"))
		compare(t, r.stdout, "own roots: <nil>\nthe system's roots: true\nlocalhost: <nil>\nanother name: true\n")
		if r.code != 0 || !strings.Contains(r.stderr, "SecCertificateCreateWithData: not implemented by darwinrun") {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
	})
}

// TestForkOrder: see testdata/c/forkorder.c.
func TestForkOrder(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), cguest(t, arch, "forkorder"))
		compare(t, r.stdout, "signal handled when fork returns: 1 child 2\nafter exec: process id of the child: another\nstatus 4\n")
		r.endsWell(t)
	})
}

// TestFoldersAgain: the working folder and the temporary folder may be changed, -rw and -ro may be
// repeated; a program of the host, where one may be started, is not kept to any folder.
func TestFoldersAgain(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "flags")
		base := t.TempDir()
		dir := func(name string) string {
			d := filepath.Join(base, name)
			if err := os.Mkdir(d, 0o755); err != nil {
				t.Fatal(err)
			}
			return d
		}
		here, temp, a, b, other := dir("here"), dir("temp"), dir("a"), dir("b"), dir("other")
		t.Setenv("TMPDIR", temp)
		var args, want []string
		write := func(file, what string) {
			args = append(args, "w:"+file)
			want = append(want, "write "+file+": "+what+"\n")
		}
		write("f", "yes")
		write(filepath.Join(temp, "f"), "yes")
		write(filepath.Join(a, "f"), "yes")
		write(filepath.Join(b, "f"), "yes")
		write(filepath.Join(other, "f"), "Read-only file system")
		r := darwinrun(t, here, append([]string{"-rw", a, "-rw", b, exe}, args...)...)
		compare(t, r.stdout, strings.Join(want, ""))
		for i := range want {
			want[i] = strings.Replace(want[i], "yes", "Read-only file system", 1)
		}
		r = darwinrun(t, here, append([]string{"-rw", a, "-rw", b, "-ro", a, "-ro", here, "-ro", temp, "-ro", b, exe}, args...)...)
		compare(t, r.stdout, strings.Join(want, ""))

		// A file that is here by another name too, made before, is here.
		file := filepath.Join(other, "linked")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(file, filepath.Join(here, "linked")); err != nil {
			t.Fatal(err)
		}
		r = darwinrun(t, here, exe, "w:linked", "w:"+file)
		compare(t, r.stdout, "write linked: yes\nwrite "+file+": Read-only file system\n")

		r = darwinrun(t, here, "-host-programs", exe, "s:echo free >"+filepath.Join(other, "g"))
		if g, err := os.ReadFile(filepath.Join(other, "g")); err != nil || string(g) != "free\n" {
			t.Errorf("a program of the host: %q, %v\n%s%s", g, err, r.stdout, r.stderr)
		}
	})
}

// TestReplaced: when the first guest becomes another program, the kernel is another one; who is left
// behind goes on without.
func TestReplaced(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), guest(t, arch, "family"), "replacing")
		compare(t, r.stdout, `the wait ends: mach: port died (MACH_RCV_PORT_DIED)
no ports: mach: object is gone (KERN_TERMINATED)
no messages: mach: no such destination (MACH_SEND_INVALID_DEST)
left
it was not found: mach: failed, no cause given (KERN_FAILURE)
`)
		r.endsWell(t)
	})
}

// TestKilledByItself: the runner dies of the program's signal, whichever.
func TestKilledByItself(t *testing.T) {
	signals := map[string]syscall.Signal{"1": syscall.SIGHUP, "6": syscall.SIGABRT, "9": syscall.SIGKILL, "11": syscall.SIGSEGV, "15": syscall.SIGTERM, "30": syscall.SIGUSR1, "10": syscall.SIGBUS, "13": syscall.SIGPIPE}
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "flags")
		for number, want := range signals {
			if signal.Ignored(want) {
				continue // as under nohup: the guest ignores it, too
			}
			if r := darwinrun(t, t.TempDir(), exe, "k:"+number); r.killedBy() != want {
				t.Errorf("signal %s: %v", number, r.err)
			}
		}
	})
}

// TestMessageRules: a message to an object of the kernel is refused since macOS 13
// (MACH_SEND_INVALID_OPTIONS, xnu osfmk/mach/message.h), and was not before. It breaks a
// guard besides, which ends the program unless guards are off.
func TestMessageRules(t *testing.T) {
	for _, arch := range []string{"arm64", "amd64"} {
		t.Run("guarded/"+arch, func(t *testing.T) {
			r := darwinrun(t, t.TempDir(), cguest(t, arch, "flags"), "m:")
			if r.killedBy() != syscall.SIGKILL || !strings.Contains(r.stderr, "is ended by EXC_GUARD: kGUARD_EXC_INVALID_OPTIONS") {
				t.Errorf("%v\n%s", r.err, r.stderr)
			}
		})
	}
	t.Setenv("MACH_GUARDS", "off")
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "flags")
		for _, c := range []struct{ rules, want string }{
			{"", "0x10000013"}, {"macos13", "0x10000013"}, {"macos13-sip", "0x10000013"}, {"macos12", "0"},
		} {
			args := []string{exe, "m:"}
			if c.rules != "" {
				args = append([]string{"-messages", c.rules}, args...)
			}
			if r := darwinrun(t, t.TempDir(), args...); r.stdout != "mach_msg "+c.want+"\n" {
				t.Errorf("%q: %q, want %s\n%s", c.rules, r.stdout, c.want, r.stderr)
			}
		}
		if r := darwinrun(t, t.TempDir(), "-messages", "macos99", exe); r.code != 2 {
			t.Errorf("unknown rules: exit status %d", r.code)
		}
	})
}

// TestInheritedSignals: see testdata/c/inherit.c; and nohup(1) in front of the runner.
func TestInheritedSignals(t *testing.T) {
	const rest = `spawned: HUP ignored USR1 ignored USR2 blocked
spawned: not hung up
forked: HUP ignored INT ignored USR1 ignored USR2 blocked
forked: not hung up
again: HUP ignored TERM handled USR1 ignored USR2 blocked
replaced: HUP ignored USR1 ignored USR2 blocked
replaced: not hung up
`
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// What is caught here is not ignored there, wherever this test was started from.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP, syscall.SIGINT)
	defer signal.Stop(caught)
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "inherit")
		r := darwinrun(t, t.TempDir(), exe)
		compare(t, r.stdout, "first:\n"+rest)
		r.endsWell(t)
		cmd := exec.CommandContext(t.Context(), "nohup", self, exe, "hung")
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "DARWINRUN_BE_RUNNER=1")
		out, err := cmd.Output()
		if err != nil {
			t.Error(err)
		}
		compare(t, string(out), "hung: HUP ignored\nhung: not hung up\n")
	})
}
