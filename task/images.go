package task

import (
	"fmt"
	"time"

	"github.com/gomach/mach"
)

// Image is a program or library that a task has loaded.
type Image struct {
	Address uint64 // of its header
	Path    string
	// Modified is the file's time as dyld saw it; zero if dyld did not look,
	// as with libraries in the shared cache.
	Modified time.Time
}

// Images is what dyld knows about a task.
type Images struct {
	List []Image // the program itself first
	// Version is that of dyld_all_image_infos; 0 if the list does not come from
	// there.
	Version      uint32
	Dyld         uint64 // where dyld itself is; 0 if not told
	DyldPath     string // "" if not told
	CacheAddress uint64 // of the shared cache, 0 if not told
	CacheSlide   uint64
	CacheUUID    [16]byte
	// Changed is when the list changed last, in ticks of the task's own
	// mach_absolute_time, which are another length under Rosetta than those of
	// the kernel and of programs that are not translated; 0 if not told. Two
	// readings of the same task can be compared.
	Changed       uint64
	LibSystemDone bool // libSystem is initialised: before, libraries may not be called
}

// At is the image of which the header is at the greatest address up to addr:
// the one that addr belongs to, if it belongs to any.
func (i *Images) At(addr uint64) (Image, bool) {
	var best Image
	found := false
	if i == nil {
		return best, false
	}
	for _, m := range i.List {
		if m.Address <= addr && (!found || m.Address > best.Address) {
			best, found = m, true
		}
	}
	return best, found
}

// Images reads dyld's list of what the task has loaded, out of its memory. It
// believes nothing that stands there: sizes are bounded, and what leads nowhere
// is an error or an empty path.
//
// dyld changes the list while the task runs; Images tries again a few times if
// it meets that. It fails with [ErrNoImages] when there is no list, as in a task
// that has just been started or does not use dyld. For the program itself, its
// loader is asked then; on Linux, the images of another process are the ELF files
// of which it has mapped the beginning (with " (deleted)" behind the path of one
// that is gone). The read port will do.
//
// Mach calls: task_info with TASK_DYLD_INFO, mach_vm_read_overwrite;
// _dyld_image_count, _dyld_get_image_name and _dyld_get_image_header for [Self]
// without the list.
func (t *Task) Images() (*Images, error) {
	a, err := Info[mach.TaskDyldInfo](t)
	if err != nil {
		return nil, err
	}
	addr, size := a.Value.AllImageInfoAddr.Uint64(), a.Value.AllImageInfoSize.Uint64()
	if addr == 0 {
		if t.IsSelf() {
			return ownImages()
		}
		return t.otherImages()
	}
	// A list without the field is of the CPU's own width.
	wide := !a.Has(func(v *mach.TaskDyldInfo) any { return &v.AllImageInfoFormat }) || a.Value.AllImageInfoFormat == mach.TASK_DYLD_ALL_IMAGE_INFO_64
	for try := 0; ; try++ {
		i, err := parseImages(t, addr, size, wide)
		if over := t.over(); over != nil {
			return nil, over
		}
		if err == nil || try == 4 {
			return i, err
		}
		time.Sleep(time.Duration(1+try) * time.Millisecond)
	}
}

// ownImages asks the program's own loader.
func ownImages() (*Images, error) {
	n := mach.DyldImageCount()
	if n == 0 {
		return nil, ErrNoImages
	}
	i := &Images{LibSystemDone: true}
	for k := range min(n, maxImages) {
		// The list may have become shorter: then there is no name.
		if name := mach.DyldGetImageName(k); name != "" {
			i.List = append(i.List, Image{Address: mach.AddressOf(mach.DyldGetImageHeader(k)), Path: name})
		}
	}
	return i, nil
}

// String says what the image is.
func (m Image) String() string { return fmt.Sprintf("%#x %s", m.Address, m.Path) }
