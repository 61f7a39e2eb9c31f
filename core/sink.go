package core

import (
	"io"
	"os"
)

// sink is where a core goes, from its beginning on.
type sink interface {
	write(p []byte) error
	zeros(n uint64) error
	finish() error
}

// stream is a sink that writes everything.
type stream struct{ w io.Writer }

var noughts [64 << 10]byte

func (s *stream) write(p []byte) error {
	_, err := s.w.Write(p)
	return err
}

func (s *stream) zeros(n uint64) error {
	for n > 0 {
		k := min(n, uint64(len(noughts)))
		if err := s.write(noughts[:k]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

func (s *stream) finish() error { return nil }

// sparse is a new file, in which zeros are holes.
type sparse struct {
	f  *os.File
	at int64
}

func (s *sparse) write(p []byte) error {
	n, err := s.f.WriteAt(p, s.at)
	s.at += int64(n)
	return err
}

func (s *sparse) zeros(n uint64) error {
	s.at += int64(n)
	return nil
}

func (s *sparse) finish() error { return s.f.Truncate(s.at) }
