package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// smaps are the sums of /proc/PID/smaps in bytes (proc(5)), but for the page of the
// kernel's that is the same in every process and no memory of it.
func smaps(t *testing.T, pid int) map[string]uint64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Fatal(err)
	}
	sums, skip := map[string]uint64{}, false
	s := bufio.NewScanner(bytes.NewReader(b))
	for s.Scan() {
		f := strings.Fields(s.Text())
		if !strings.HasSuffix(f[0], ":") {
			skip = strings.HasSuffix(s.Text(), "[vsyscall]")
			continue
		}
		if len(f) == 3 && !skip {
			kb, err := strconv.ParseUint(f[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sums[strings.TrimSuffix(f[0], ":")] += kb << 10
		}
	}
	return sums
}

// The sums of "vmmap" are those of /proc/PID/smaps, to the page.
func TestVmmapSums(t *testing.T) {
	cmd := started(t, os.Args[0], "1")
	cmd.line(t)
	pid := cmd.Process.Pid
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("%v, %v", status, err)
	}
	var text, errs strings.Builder
	if code := run(t.Context(), []string{"vmmap", fmt.Sprint(pid), "--json"}, &text, &errs); code != 0 {
		t.Fatalf("%d\n%s", code, errs.String())
	}
	var told struct {
		Regions []mapped
		Summary []memorySum
	}
	if err := json.Unmarshal([]byte(text.String()), &told); err != nil {
		t.Fatal(err)
	}
	var all memorySum
	for _, s := range told.Summary {
		all.add(s)
	}
	linux := smaps(t, pid)
	// Dirty is what no file has: pages of files that wait to be written are the files'.
	for name, got := range map[string]uint64{"Size": all.Size, "Rss": all.Resident, "Swap": all.Swapped, "Anonymous": all.Dirty} {
		if got != linux[name] {
			t.Errorf("%s: vmmap has %d, smaps %d", name, got, linux[name])
		}
	}
	if all.Dirty == 0 || all.Resident == 0 {
		t.Errorf("%+v", all)
	}
	if len(told.Regions) < 10 || all.Regions != len(told.Regions) {
		t.Errorf("%d regions, %d summed up", len(told.Regions), all.Regions)
	}
}
