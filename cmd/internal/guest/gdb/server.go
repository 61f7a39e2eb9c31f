package gdb

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Listen serves one debugger after the other until the listener is closed.
func Listen(l net.Listener, t Target) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s := newSession(conn, t)
		s.serve()
		_ = conn.Close()
	}
}

func newSession(conn io.ReadWriter, t Target) *session {
	return &session{target: t, link: newLink(conn), saved: map[uint64][]byte{}, registers: registers(t.Arch()), stop: t.Attach()}
}

// session is one debugger's.
type session struct {
	target    Target
	link      *link
	registers []register
	stop      Stop              // the last one
	thread    uint64            // that g, m and kin are about
	resume    uint64            // that s and c are about
	saved     map[uint64][]byte // what was where a breakpoint is
	features  map[string]bool   // of the debugger
}

// errEnded goes with the answer to a command after which nothing more can be asked.
var errEnded = errors.New("gdb: the session is over")

// serve answers packets until the debugger goes or the guest ends. A debugger that goes
// without a word leaves the guest as detach does: running, without breakpoints.
func (s *session) serve() {
	packets := make(chan string)
	quit := make(chan struct{})
	defer close(quit)
	go func() {
		defer close(packets)
		for {
			p, err := s.link.receive()
			if err != nil {
				return
			}
			select {
			case packets <- p:
			case <-quit:
				return
			}
		}
	}()
	for p := range packets {
		if p == interrupt {
			continue // it crossed our stop
		}
		answer, err := s.command(p, packets)
		if err == nil || answer != "" {
			if s.link.send(answer) != nil {
				break
			}
		}
		if p == "QStartNoAckMode" {
			s.link.dropAcks()
		}
		if err != nil {
			return
		}
	}
	s.detach(0)
}

func (s *session) detach(signal int) {
	for at := range s.saved {
		s.remove(at)
	}
	s.target.Detach(signal)
}

const (
	ok     = "OK"
	failed = "E01"
)

// command answers one packet; what it does not know gets the empty answer, as the protocol
// wants.
func (s *session) command(p string, packets <-chan string) (string, error) {
	if p == "" {
		return "", nil
	}
	rest := p[1:]
	switch p[0] {
	case '?':
		return s.stopReply(), nil
	case 'g':
		return s.readRegisters(), nil
	case 'G':
		return s.writeRegisters(rest), nil
	case 'p':
		return s.readRegister(rest), nil
	case 'P':
		return s.writeRegister(rest), nil
	case 'm':
		return s.readMemory(rest), nil
	case 'M', 'X':
		return s.writeMemory(rest, p[0] == 'X'), nil
	case 'Z', 'z':
		return s.breakpoint(p[0] == 'Z', rest), nil
	case 'H':
		return s.choose(rest), nil
	case 'T':
		if id, good := threadID(rest); good && s.alive(id) {
			return ok, nil
		}
		return failed, nil
	case 'c', 'C', 's', 'S':
		return s.goOn(p, packets)
	case 'v':
		return s.verbose(p, packets)
	case 'q', 'Q', 'j':
		return s.query(p), nil
	case 'D':
		s.detach(0)
		return ok, errEnded
	case 'k':
		s.target.Kill()
		return "", errEnded
	}
	return "", nil
}

// query answers what begins with q, Q or LLDB's j.
func (s *session) query(p string) string {
	switch {
	case strings.HasPrefix(p, "qSupported"):
		s.features = map[string]bool{}
		_, list, _ := strings.Cut(p, ":")
		for f := range strings.SplitSeq(list, ";") {
			s.features[strings.TrimSuffix(f, "+")] = strings.HasSuffix(f, "+")
		}
		return fmt.Sprintf("PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:exec-file:read+;qXfer:threads:read+;vContSupported+;swbreak+", packetSize-16)
	case p == "QStartNoAckMode":
		return ok
	case p == "qC":
		return fmt.Sprintf("QC%x", s.stop.Thread)
	case p == "qAttached":
		return "1"
	case p == "qfThreadInfo":
		var ids []string
		for _, t := range s.target.Threads() {
			ids = append(ids, strconv.FormatUint(t.ID, 16))
		}
		return "m" + strings.Join(ids, ",")
	case p == "qsThreadInfo":
		return "l"
	case strings.HasPrefix(p, "qThreadExtraInfo,"):
		id, _ := threadID(strings.TrimPrefix(p, "qThreadExtraInfo,"))
		for _, t := range s.target.Threads() {
			if t.ID == id && t.Name != "" {
				return fmt.Sprintf("%x", t.Name)
			}
		}
		return ""
	case p == "qOffsets":
		return fmt.Sprintf("TextSeg=%x", s.target.Slide())
	case strings.HasPrefix(p, "qSymbol"):
		return ok
	case strings.HasPrefix(p, "qXfer:features:read:target.xml:"):
		return part(description(s.target.Arch()), p)
	case strings.HasPrefix(p, "qXfer:exec-file:read:"):
		return part(s.target.Path(), p)
	case strings.HasPrefix(p, "qXfer:threads:read::"):
		return part(s.threadList(), p)
	}
	return s.lldb(p)
}

func (s *session) threadList() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><threads>`)
	for _, t := range s.target.Threads() {
		fmt.Fprintf(&b, `<thread id="%x" name="%s"/>`, t.ID, strings.Map(plainXML, t.Name))
	}
	b.WriteString("</threads>")
	return b.String()
}

// plainXML replaces what would need an escape.
func plainXML(r rune) rune {
	if r < ' ' || strings.ContainsRune(`<>&"'`, r) {
		return '.'
	}
	return r
}

// part cuts what a qXfer packet asks for: ...:OFFSET,LENGTH.
func part(text, p string) string {
	offset, length, good := addressLength(p[strings.LastIndexByte(p, ':')+1:])
	switch {
	case !good:
		return failed
	case offset >= uint64(len(text)):
		return "l"
	case length < uint64(len(text))-offset:
		return "m" + text[offset:offset+min(length, packetSize/2)]
	}
	return "l" + text[offset:]
}

// choose is Hg and Hc: the thread that the next commands are about.
func (s *session) choose(rest string) string {
	if rest == "" {
		return failed
	}
	id, good := threadID(rest[1:])
	if !good {
		return failed
	}
	switch rest[0] {
	case 'g':
		if id != 0 && !s.alive(id) {
			return failed
		}
		s.thread = id
	case 'c':
		s.resume = id
	default:
		return ""
	}
	return ok
}

// current is the thread that registers are about.
func (s *session) current() uint64 {
	if s.thread != 0 {
		return s.thread
	}
	return s.stop.Thread
}

func (s *session) alive(id uint64) bool {
	return slices.ContainsFunc(s.target.Threads(), func(t Thread) bool { return t.ID == id })
}

// threadID reads a thread id: hexadecimal, 0 for any and -1 for all, which is any to us.
func threadID(text string) (uint64, bool) {
	if text == "-1" {
		return 0, true
	}
	return number(text)
}

// addressLength reads ADDRESS,LENGTH.
func addressLength(text string) (address, length uint64, good bool) {
	a, l, _ := strings.Cut(text, ",")
	address, ok1 := number(a)
	length, ok2 := number(l)
	return address, length, ok1 && ok2
}

// number reads a hexadecimal number.
func number(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 16, 64)
	return n, err == nil
}
