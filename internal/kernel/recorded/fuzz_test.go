package recorded

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/kernel/ipc"
)

// steps turns bytes into operations: each takes as many as it has arguments.
type steps struct{ b []byte }

func (s *steps) more() bool { return len(s.b) > 0 }

func (s *steps) byte() int {
	if len(s.b) == 0 {
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return int(c)
}

// pick takes one of some words.
func (s *steps) pick(words ...string) string { return words[s.byte()%len(words)] }

func (s *steps) variable() string { return fmt.Sprint("v", s.byte()%variables) }

// name is a variable mostly, or something that is no name.
func (s *steps) name() string {
	if c := s.byte(); c%16 != 0 {
		return fmt.Sprint("v", c/16%variables)
	}
	return s.pick("0", "0xffffffff", "s", "w1", "0x777703")
}

func (s *steps) disposition() string { return s.pick("16", "17", "18", "19", "20", "21", "22", "0") }

func (s *steps) index() string { return fmt.Sprint(s.byte() % variables) }

// operation is the next one of a task. Message ids count up, so that an order
// can be told from them.
func (s *steps) operation(id int) string {
	words := func(w ...string) string { return strings.Join(w, " ") }
	switch s.byte() % 22 {
	case 0, 1:
		return words("alloc", s.index(), s.pick("1", "1", "1", "3", "4"))
	case 2:
		return words("dealloc", s.name())
	case 3:
		return words("destroy", s.name())
	case 4:
		return words("modrefs", s.name(), s.pick("0", "1", "2", "3", "4"), s.pick("1", "-1", "-2", "2", "65534"))
	case 5:
		return words("insr", s.index(), s.name(), s.name(), s.disposition())
	case 6:
		return words("extr", s.index(), s.name(), s.disposition())
	case 7:
		return words("insm", s.name(), s.name())
	case 8:
		return words(s.pick("extm", "movm"), s.name(), s.name())
	case 9, 10:
		return words("reqnot", s.index(), s.name(), s.pick("66", "69", "70", "72"), s.pick("0", "1"), s.name(), s.pick("21", "18"))
	case 11:
		return words("construct", s.index(), s.pick("0", "1", "4", "0x20", "0x40", "0x1000"), s.pick("0", "7"), "5")
	case 12:
		return words("destruct", s.name(), s.pick("0", "-1"), s.pick("0", "7"))
	case 13, 14:
		return words("give", s.pick("0", "1", "2"), s.name(), s.index(), s.disposition())
	case 15:
		return words("setattr", s.name(), "1", "1", s.pick("1", "2", "5"))
	case 16, 17, 18:
		return s.send(id)
	case 19, 20:
		return words("recv", s.index(), s.name(), s.pick("0x100", "0x104", "0x1100"), s.pick("3000", "3000", "3000", "92", "30"))
	default:
		if s.byte()%16 == 0 {
			return "die"
		}
		return "dump"
	}
}

func (s *steps) send(id int) string {
	remote, local := s.pick("17", "19", "20", "18", "21"), s.pick("0", "19", "20", "21", "18", "17")
	var r, l int
	fmt.Sscan(remote, &r)
	fmt.Sscan(local, &l)
	reply := "0"
	if l != 0 {
		reply = s.name()
	}
	to, extra := s.name(), ""
	value := r | l<<8
	for range s.byte() % 3 {
		value |= 0x80000000
		switch s.byte() % 3 {
		case 0:
			extra += fmt.Sprintf(" p:%s:%s", s.name(), s.disposition())
		case 1:
			extra += fmt.Sprintf(" O:2:%s:1:0:%s:%s", s.disposition(), s.name(), s.name())
		default:
			extra += " o:16:1:0:0:0"
		}
	}
	return fmt.Sprintf("send %s %#x %s %s 0 %d 0 0 0 0 0 0%s", s.pick("0x11", "0x11", "0x31"), uint32(value), to, reply, id, extra)
}

// firstID is above the ids of notifications and of the kernel's replies.
const firstID = 10000

// run performs the operations that bytes stand for and looks at the kernel
// after each.
func run(t *testing.T, b []byte) {
	w := NewWorld()
	audit := ipc.Audit{Ordered: func(id int32) bool { return id >= firstID }}
	var done []string
	s := steps{b}
	for id := firstID; s.more() && len(done) < 300; id++ {
		line := s.pick("0", "1", "2") + " " + s.operation(id)
		result := w.Do(line)
		done = append(done, line, "= "+result)
		if err := audit.Check(w.spaces()...); err != nil {
			t.Fatalf("%v\n%s", err, strings.Join(done, "\n"))
		}
	}
	w.Close()
	if err := audit.Check(w.spaces()...); err != nil {
		t.Fatalf("after the tasks' deaths: %v\n%s", err, strings.Join(done, "\n"))
	}
	if n := audit.Alive(); n > 0 {
		t.Fatalf("%d ports outlive the tasks\n%s", n, strings.Join(done, "\n"))
	}
}

// FuzzOperations holds the kernel to what is true of every sequence: ports
// count the rights that there are, no right or message is lost, messages of a
// queue stay in order, and nothing outlives the tasks.
func FuzzOperations(f *testing.F) {
	f.Add([]byte("0123456789"))
	f.Add(bytes.Repeat([]byte{0, 1, 16, 17, 19, 5, 9, 13, 33, 80}, 30))
	for seed := byte(1); seed < 40; seed++ {
		b, x := make([]byte, 1500), uint32(seed)*2654435761
		for i := range b {
			x = x*1664525 + 1013904223
			b[i] = byte(x >> 24)
		}
		f.Add(b)
	}
	f.Fuzz(run)
}

// The recordings, with the audit behind each operation.
func TestRecordedAudit(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		kind := strings.TrimSuffix(filepath.Base(path), ".txt.gz")
		// For exceptions and special ports the kernel holds rights that an Audit
		// does not see, while the task lives.
		held := kind == "exceptionports" || kind == "specialports" || kind == "differences"
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			audited(t, path, held)
		})
	}
}

func audited(t *testing.T, path string, held bool) {
	every(t, path, func(title string, lines, _ []string) {
		w := NewWorld()
		var audit ipc.Audit
		for i, line := range lines {
			w.Do(line)
			if i%8 != 7 && i != len(lines)-1 { // an audit is long beside an operation
				continue
			}
			if err := audit.Check(w.spaces()...); err != nil && !held {
				t.Errorf("%s, operation %d: %v", title, i+1, err)
				break
			}
		}
		w.Close()
		if err := audit.Check(w.spaces()...); err != nil || audit.Alive() > 0 {
			t.Errorf("%s, after the tasks' deaths: %d ports alive, %v", title, audit.Alive(), err)
		}
	})
}

func (w *World) spaces() []*ipc.Space {
	spaces := make([]*ipc.Space, tasks)
	for i, a := range w.tasks {
		spaces[i] = a.task.Space
	}
	return spaces
}
