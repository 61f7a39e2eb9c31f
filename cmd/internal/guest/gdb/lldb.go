package gdb

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// What LLDB asks beyond GDB's packets, because its darwin support finds the program and its
// slide that way (LLDB's docs/lldb-gdb-remote.txt).

// Image is the program in memory.
type Image struct {
	Base     uint64 // of its Mach-O header
	UUID     string
	Segments []Segment
}

// Segment is a part of it, as the file says.
type Segment struct {
	Name       string `json:"name"`
	Address    uint64 `json:"vmaddr"`
	Size       uint64 `json:"vmsize"`
	Offset     uint64 `json:"fileoff"`
	FileSize   uint64 `json:"filesize"`
	Protection uint64 `json:"maxprot"`
}

// subtype is the CPU's that Mach-O headers name (<mach/machine.h>).
func subtype(a *cpu.Arch) int {
	if a == cpu.AMD64 {
		return 3 // CPU_SUBTYPE_X86_64_ALL
	}
	return 0 // CPU_SUBTYPE_ARM64_ALL
}

// lldb answers what only LLDB asks.
func (s *session) lldb(p string) string {
	a := s.target.Arch()
	switch {
	case p == "qHostInfo":
		return fmt.Sprintf("cputype:%d;cpusubtype:%d;ostype:macosx;vendor:apple;endian:little;ptrsize:8;os_version:14.0;", a.CPUType, subtype(a))
	case p == "qProcessInfo":
		return fmt.Sprintf("pid:1;cputype:%x;cpusubtype:%x;ostype:macosx;vendor:apple;endian:little;ptrsize:8;", a.CPUType, subtype(a))
	case p == "jGetLoadedDynamicLibrariesInfos:":
		return ok
	case strings.HasPrefix(p, "jGetLoadedDynamicLibrariesInfos:"):
		return s.images()
	case strings.HasPrefix(p, "qThreadStopInfo"):
		id, good := threadID(strings.TrimPrefix(p, "qThreadStopInfo"))
		if !good || !s.alive(id) {
			return failed
		}
		if id == s.stop.Thread {
			return s.stopReply()
		}
		return fmt.Sprintf("T00thread:%x;", id)
	}
	return ""
}

// images tells of the program; libSystem has no image here.
func (s *session) images() string {
	type header struct {
		Magic    uint64 `json:"magic"`
		CPUType  uint64 `json:"cputype"`
		Subtype  uint64 `json:"cpusubtype"`
		FileType uint64 `json:"filetype"`
	}
	type image struct {
		Address  uint64    `json:"load_address"`
		Modified uint64    `json:"mod_date"`
		Path     string    `json:"pathname"`
		UUID     string    `json:"uuid"`
		OS       string    `json:"min_version_os_name"`
		Version  string    `json:"min_version_os_sdk"`
		Header   header    `json:"mach_header"`
		Segments []Segment `json:"segments"`
	}
	a, img := s.target.Arch(), s.target.Image()
	b, err := json.Marshal(map[string][]image{"images": {{
		Address: img.Base, Path: s.target.Path(), UUID: img.UUID, OS: "macosx", Version: "12.0",
		Header:   header{0xfeedfacf, uint64(a.CPUType), uint64(subtype(a)), 2},
		Segments: img.Segments,
	}}})
	if err != nil {
		return failed
	}
	return string(b)
}

// uuidText prints a UUID as Darwin's tools do.
func uuidText(u [16]byte) string {
	h := strings.ToUpper(hex.EncodeToString(u[:]))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
