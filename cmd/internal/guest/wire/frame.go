//go:build linux

package wire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// kind says what a frame is.
type kind uint8

const (
	question kind = iota
	answer
	notice // nobody answers it
)

// header stands in front of a body:
//
//	fingerprint  4 bytes, little-endian as all
//	length       4, of the body
//	id           8, of the question
//	kind         1
//	files        1, how many descriptors come with the header
//	zero         2
type header struct {
	length uint32
	id     uint64
	kind   kind
	files  uint8
}

const headerSize = 20

func (h header) put(b []byte) {
	le := binary.LittleEndian
	le.PutUint32(b, fingerprint())
	le.PutUint32(b[4:], h.length)
	le.PutUint64(b[8:], h.id)
	b[16], b[17], b[18], b[19] = byte(h.kind), h.files, 0, 0
}

func (h *header) parse(b []byte) error {
	le := binary.LittleEndian
	if le.Uint32(b) != fingerprint() || b[16] > byte(notice) || b[18] != 0 || b[19] != 0 {
		return errGarbled
	}
	*h = header{le.Uint32(b[4:]), le.Uint64(b[8:]), kind(b[16]), b[17]}
	return nil
}

// Limits of what one frame may be, and of how many questions may wait for their answers. They
// hold before anything is allocated or kept.
const (
	mostFiles       = 4
	mostFrame       = 2 << 20
	mostQuestions   = 1 << 16
	strangerFrame   = 4 << 10 // of one who has not been accepted
	strangerAsks    = 1
	strangerFiles   = 0
	controlMessages = 256 // room for descriptors; what does not fit is closed by the host
)

// ErrTooLarge says that a body is more than a frame may be.
var ErrTooLarge = errors.New("wire: too large for one frame")

// readFrame reads one frame within limits. The descriptors that came with it are the caller's;
// on an error there are none.
func readFrame(c *net.UnixConn, most func() (frame, files int)) (h header, body []byte, files []*os.File, err error) {
	defer func() {
		if err != nil {
			closeAll(files)
			files = nil
		}
	}()
	var b [headerSize]byte
	var oob [controlMessages]byte
	for n := 0; n < len(b); {
		m, some, flags, _, err := c.ReadMsgUnix(b[n:], oob[:])
		got, bad := descriptors(oob[:some])
		files = append(files, got...)
		switch _, allowed := most(); {
		case err != nil:
			return h, nil, files, err
		case bad != nil || flags&unix.MSG_CTRUNC != 0 || len(files) > allowed:
			return h, nil, files, errGarbled
		case m <= 0:
			return h, nil, files, io.EOF
		}
		n += m
	}
	if err := h.parse(b[:]); err != nil {
		return h, nil, files, err
	}
	frame, _ := most()
	if int(h.files) != len(files) || int64(h.length) > int64(frame) {
		return h, nil, files, errGarbled
	}
	body = make([]byte, h.length)
	// Descriptors that come with the body are nobody's: the host closes them as nothing asks
	// for them.
	_, err = io.ReadFull(c, body)
	return h, body, files, err
}

// descriptors takes those that came with a message.
func descriptors(oob []byte) (files []*os.File, err error) {
	if len(oob) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		fds, bad := unix.ParseUnixRights(&messages[i])
		if bad != nil {
			err = bad
			continue
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return files, err
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}
