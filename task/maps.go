package task

import (
	"bytes"
	"strconv"

	"github.com/gomach/mach"
)

// mapping is a line of Linux's /proc/PID/maps (proc_pid_maps(5)) that has a file.
type mapping struct {
	start, end, offset uint64
	prot               mach.VMProt
	path               string
}

// parseMaps reads the mappings of files, and passes over what is none: memory
// without a file, what the kernel names in brackets, and lines that make no
// sense. The kernel writes a newline in a path as \012, and " (deleted)" behind
// the path of a file that is gone.
func parseMaps(text []byte) (list []mapping) {
	for line := range bytes.Lines(text) {
		m, ok := parseMapping(bytes.TrimSuffix(line, []byte("\n")))
		if ok {
			list = append(list, m)
		}
	}
	return list
}

// parseMapping reads a line: address range, permissions, offset, device, inode,
// and the path behind blanks.
func parseMapping(line []byte) (m mapping, ok bool) {
	var field [5][]byte
	for i := range field {
		field[i], line, ok = bytes.Cut(bytes.TrimLeft(line, " "), []byte(" "))
		if !ok && i < len(field)-1 {
			return m, false
		}
	}
	path := bytes.TrimLeft(line, " ")
	start, end, ok := bytes.Cut(field[0], []byte("-"))
	if !ok || len(path) == 0 || path[0] != '/' || string(field[4]) == "0" || len(field[1]) < 3 {
		return m, false
	}
	for _, x := range []struct {
		to   *uint64
		from []byte
	}{{&m.start, start}, {&m.end, end}, {&m.offset, field[2]}} {
		v, err := strconv.ParseUint(string(x.from), 16, 64)
		if err != nil {
			return m, false
		}
		*x.to = v
	}
	for i, p := range []mach.VMProt{mach.VM_PROT_READ, mach.VM_PROT_WRITE, mach.VM_PROT_EXECUTE} {
		if field[1][i] == "rwx"[i] {
			m.prot |= p
		}
	}
	m.path = string(bytes.ReplaceAll(path, []byte(`\012`), []byte("\n")))
	return m, m.start < m.end
}

// filesOf are the mappings as Files knows them.
func filesOf(list []mapping) *Files {
	f := new(Files)
	for _, m := range list {
		f.parts = append(f.parts, part{Segment{Address: m.start, Size: m.end - m.start, Offset: m.offset, FileSize: m.end - m.start, Protection: m.prot}, m.path})
	}
	return f
}

// imagesOf are the files of which the beginning is mapped and is that of an ELF
// file, that of the program first.
func imagesOf(memory MemoryReader, list []mapping, program string) *Images {
	i := new(Images)
	seen := map[string]bool{}
	for _, m := range list {
		var magic [4]byte
		if m.offset != 0 || m.prot&mach.VM_PROT_READ == 0 || seen[m.path] {
			continue
		}
		if n, _ := memory.ReadMemory(magic[:], m.start); n < len(magic) || string(magic[:]) != elfMagic {
			continue
		}
		seen[m.path] = true
		x := Image{Address: m.start, Path: m.path}
		if m.path == program {
			i.List = append([]Image{x}, i.List...)
		} else {
			i.List = append(i.List, x)
		}
	}
	return i
}
