package core

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"

	"github.com/gomach/mach/task"
)

// The forms of lldb's notes, which it describes in its docs (core notes of Mach-O):
// "all image infos" begins with version, count, place and size of the entries, and a
// reserved word. An entry has the place of the path, UUID, load address, place and
// number of the segments, and whether the image is in use; a segment has a name of
// 16 bytes, an address and a reserved word.
const (
	imagesHeader = 24
	imageEntry   = 48
	imageSegment = 32
	imageVersion = 1
	bitsVersion  = 3
)

// encodeImages is the note as it is at a place of the file: its own places count
// from the file's beginning.
func encodeImages(images []Image, at uint64) []byte {
	le := binary.LittleEndian
	entries := uint64(imagesHeader)
	segments := entries + uint64(imageEntry*len(images))
	paths := segments
	for _, m := range images {
		paths += uint64(imageSegment * len(m.Segments))
	}
	b := le.AppendUint32(nil, imageVersion)
	b = le.AppendUint32(b, uint32(len(images)))
	b = le.AppendUint64(b, at+entries)
	b = le.AppendUint32(b, imageEntry)
	b = le.AppendUint32(b, 0)
	var parts, names []byte
	for _, m := range images {
		b = le.AppendUint64(b, at+paths+uint64(len(names)))
		b = append(b, m.UUID[:]...)
		b = le.AppendUint64(b, m.Address)
		where := uint64(math.MaxUint64)
		if len(m.Segments) > 0 {
			where = at + segments + uint64(len(parts))
		}
		b = le.AppendUint64(b, where)
		b = le.AppendUint32(b, uint32(len(m.Segments)))
		b = le.AppendUint32(b, 0)
		for _, s := range m.Segments {
			var name [16]byte
			copy(name[:], s.Name)
			parts = le.AppendUint64(append(parts, name[:]...), s.Address)
			parts = le.AppendUint64(parts, 0)
		}
		names = append(append(names, m.Path...), 0)
	}
	return append(append(b, parts...), names...)
}

// decodeImages reads the note. Its places are those of the file: what they point at
// has to be in it.
func (f *File) decodeImages(n note) ([]Image, error) {
	le := binary.LittleEndian
	var head [imagesHeader]byte
	if n.size < imagesHeader || !f.readAt(head[:], n.offset) {
		return nil, malformed("the note %q is too short", noteImages)
	}
	if le.Uint32(head[:]) != imageVersion {
		return nil, nil // of the future
	}
	count, at, size := le.Uint32(head[4:]), le.Uint64(head[8:]), uint64(le.Uint32(head[16:]))
	if count > maxImages {
		return nil, malformed("%d images", count)
	}
	if size < imageEntry || size > maxPath {
		return nil, malformed("entries of %d bytes in the note %q", size, noteImages)
	}
	var images []Image
	for i := range uint64(count) {
		var e [imageEntry]byte
		if at > uint64(f.size) || !f.readAt(e[:], at+i*size) {
			return nil, malformed("image %d of %d lies behind the end of the file", i, count)
		}
		m := Image{Address: le.Uint64(e[24:])}
		copy(m.UUID[:], e[8:])
		if where := le.Uint64(e[:]); where != 0 && where != math.MaxUint64 {
			m.Path = f.cString(where)
		}
		where, parts := le.Uint64(e[32:]), le.Uint32(e[40:])
		if parts > maxSegments {
			return nil, malformed("%d segments of an image", parts)
		}
		for k := range uint64(parts) {
			var s [imageSegment]byte
			if where > uint64(f.size) || !f.readAt(s[:], where+k*imageSegment) {
				break // none are told
			}
			name, _, _ := bytes.Cut(s[:16], []byte{0})
			m.Segments = append(m.Segments, ImageSegment{string(name), le.Uint64(s[16:])})
		}
		images = append(images, m)
	}
	return images, nil
}

// encodeBits is "addrable bits": version, bits, a reserved number.
func encodeBits(bits int) []byte {
	b := binary.LittleEndian.AppendUint32(nil, bitsVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(bits))
	return append(b, make([]byte, 8)...)
}

// decodeBits reads it, of the version with one number or of that with two (for low
// and high addresses). It is 0 if it makes no sense.
func decodeBits(b []byte) int {
	if len(b) < 8 {
		return 0
	}
	version, bits := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if version != bitsVersion && version != bitsVersion+1 || bits > 64 {
		return 0
	}
	return int(bits)
}

// addMetadata gives the threads the numbers of the note "process metadata".
func addMetadata(threads []Thread, b []byte) {
	var m metadata
	if json.Unmarshal(bytes.TrimRight(b, "\x00"), &m) != nil || len(m.Threads) != len(threads) {
		return
	}
	for i, t := range m.Threads {
		threads[i].Info.ID = t.ID
	}
}

// addProcess takes over what the own note tells.
func (f *File) addProcess(b []byte) {
	var p processNote
	if json.Unmarshal(b, &p) != nil || p.Version != noteVersion {
		return
	}
	f.process = Process{p.PID, p.Created, p.Page}
	if p.Page < 1 || p.Page > maxPage || p.Page&(p.Page-1) != 0 {
		f.process.PageSize = 0
	}
	if len(p.Threads) == len(f.threads) {
		for i, t := range p.Threads {
			f.threads[i].Info = t.info()
		}
	}
	for _, r := range p.Regions {
		f.regions = append(f.regions, r.region())
	}
}

var _ task.MemoryReader = (*File)(nil)
