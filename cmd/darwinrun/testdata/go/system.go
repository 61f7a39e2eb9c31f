//go:build ignore

// Files, processes, signals, sockets, time: what os, net and os/exec do.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		b, _ := io.ReadAll(os.Stdin)
		fmt.Printf("child %s got %q, env %s\n", runtime.GOARCH, b, os.Getenv("DARWINRUN_TEST"))
		os.Exit(7)
	}
	fmt.Println(runtime.GOOS, len(os.Args))
	dir, err := os.MkdirTemp("", "darwinrun")
	check(err)
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "file")
	check(os.WriteFile(name, []byte("hello"), 0o640))
	check(os.Symlink("file", filepath.Join(dir, "link")))
	check(os.Rename(name, name+"2"))
	entries, err := os.ReadDir(dir)
	check(err)
	for _, e := range entries {
		fmt.Println(e.Name(), e.Type())
	}
	info, err := os.Stat(name + "2")
	check(err)
	fmt.Println(info.Size(), info.Mode())
	_, err = os.Open(filepath.Join(dir, "none"))
	fmt.Println(os.IsNotExist(err))

	cmd := exec.Command(os.Args[0], "child")
	cmd.Stdin = strings.NewReader("input")
	cmd.Env = append(os.Environ(), "DARWINRUN_TEST=yes")
	out, err := cmd.Output()
	fmt.Printf("%s%v\n", out, err)

	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR1)
	check(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	fmt.Println(<-ch)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() {
		c, err := l.Accept()
		check(err)
		io.WriteString(c, "from the server\n")
		c.Close()
	}()
	c, err := net.DialTimeout("tcp", l.Addr().String(), 5*time.Second)
	check(err)
	line, err := bufio.NewReader(c).ReadString('\n')
	check(err)
	fmt.Print(line)
	_, err = net.DialTimeout("tcp", "192.0.2.1:80", time.Second)
	fmt.Println("beyond this machine:", err != nil && strings.Contains(err.Error(), "unreachable"))

	err = os.WriteFile("/usr/darwinrun-test", nil, 0o600)
	fmt.Println("outside of the writable folders:", err)
}
