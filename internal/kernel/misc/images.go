package misc

import (
	"bytes"
	"debug/elf"
	"io"
	"strings"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/cstring"
)

// image is a file that is mapped as a program or library. Here that is an ELF
// file; its first page is what _dyld_get_image_header points to.
type image struct {
	base uint64
	path string // "" if it has to be asked for
}

// images lists the files of which a mapping can be executed, in order of
// address, the program itself first.
func images(c *core.Ctx) []image {
	type file struct {
		device, inode uint64
		path          string
	}
	var all []image
	done := map[file]bool{}
	starts := map[file]uint64{} // where offset 0 of a file was seen last
	for r, err := range c.Task.Sub.Memory().Regions(0) {
		if err != nil {
			break
		}
		f := file{r.Device, r.Inode, r.Path}
		if r.Inode == 0 && !strings.HasPrefix(r.Path, "/") {
			continue // no file
		}
		if r.Offset == 0 {
			starts[f] = r.Start
		}
		if done[f] || r.Prot&mach.VM_PROT_EXECUTE == 0 {
			continue
		}
		if base, ok := starts[f]; ok {
			done[f] = true
			all = append(all, image{base, r.Path})
		}
	}
	return all
}

// slide is how far the image lies from where it was linked for.
func (i image) slide(c *core.Ctx) uint64 {
	head := make([]byte, 4096)
	if _, err := c.Mem.ReadAt(head, i.base); err != nil {
		return 0
	}
	f, err := elf.NewFile(bytes.NewReader(head))
	if err != nil {
		// The section table is not in memory. Tell the reader that there is none.
		f, err = elf.NewFile(withoutSections(head))
		if err != nil {
			return 0
		}
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Off == 0 {
			return i.base - p.Vaddr&^(max(p.Align, 1)-1)
		}
	}
	return 0
}

// withoutSections clears the fields of an ELF header that lead to sections.
func withoutSections(head []byte) io.ReaderAt {
	b := bytes.Clone(head)
	clear(b[0x28:0x30]) // e_shoff of a 64-bit file
	clear(b[0x3c:0x40]) // e_shnum, e_shstrndx
	return bytes.NewReader(b)
}

func imageArg(c *core.Ctx) (image, bool) {
	all := images(c)
	if n := c.U32(0); int64(n) < int64(len(all)) {
		return all[n], true
	}
	return image{}, false
}

func imageCount(c *core.Ctx) uint64 { return uint64(len(images(c))) }

func imageHeader(c *core.Ctx) uint64 {
	i, _ := imageArg(c)
	return i.base
}

func imageName(c *core.Ctx) uint64 {
	i, ok := imageArg(c)
	if !ok {
		return 0
	}
	if i.path == "" {
		i.path = pathAt(c.Task, i.base)
	}
	return cstring.Of(c, i.path)
}

func imageSlide(c *core.Ctx) uint64 {
	i, ok := imageArg(c)
	if !ok {
		return 0
	}
	return i.slide(c)
}
