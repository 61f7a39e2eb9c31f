//go:build linux && (amd64 || arm64)

package cpu

import (
	"bufio"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// Unicorn keeps translated code in a buffer of a gigabyte, and takes nothing out of it before
// it is full: what is translated again, because the guest has faulted there, has made new
// code or changed protections, goes to its end. So the buffer is made smaller here. Unicorn
// can be asked for that from 2.1 on.
//
// With 2.0 the buffer is emptied when a part of it is in use. To empty it Unicorn writes zeros
// over all of it, which would take a gigabyte of memory, so the library's memset is replaced by
// one that gives pages back to the system where there are very many to be cleared: they read
// as zero from then on.

// mostTranslations is how many bytes of translated code are kept; a test keeps less.
var mostTranslations uintptr = 64 << 20

const runsBetweenLooks = 16

// translations is the buffer of one machine.
type translations struct {
	mark []byte // a page that is in memory when much is used; nil: Unicorn empties the buffer itself
	runs int
}

// clearing is what the assembly function needs; its offsets stand there as numbers.
var clearing struct {
	memset uintptr // 0
	page   uintptr // 8: the size of a page
}

func clearMemory() uintptr

// leanClearing replaces the library's memset; it answers whether it is replaced.
var leanClearing = sync.OnceValue(func() bool {
	memset, err := purego.Dlsym(purego.RTLD_DEFAULT, "memset")
	if err != nil {
		return false
	}
	word := importsOf(library.handle).find(memset)
	if word == nil {
		return false
	}
	clearing.memset, clearing.page = memset, uintptr(os.Getpagesize())
	return replace(word, clearMemory())
})

// limitTranslations makes the buffer small, for a machine of which nothing but uc_open has been
// called. After that, when the machine has its buffer, watchTranslations must be called.
func (m *Machine) limitTranslations() (limited bool) {
	// UC_CTL_TCG_BUFFER_SIZE, one argument, write
	return call(library.ctl, m.uc, 13|1<<26|1<<30, mostTranslations) == 0
}

// watchTranslations finds the buffer of a machine of Unicorn 2.0. Where it is not to be found
// it stays as it is.
func (m *Machine) watchTranslations(before map[uintptr]bool) {
	if !leanClearing() {
		return
	}
	after, err := executableRegions()
	if err != nil {
		return
	}
	found := uintptr(0)
	for at := range after {
		if !before[at] {
			if found != 0 {
				return // more than one: not what we know
			}
			found = at
		}
	}
	if found != 0 {
		page := os.Getpagesize()
		m.translations.mark = unsafe.Slice((*byte)(pointer((found+mostTranslations)&^uintptr(page-1))), page)
	}
}

// executableRegions are the beginnings of what Unicorn's buffer could be in this process.
func executableRegions() (map[uintptr]bool, error) {
	const least = 512 << 20
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found := map[uintptr]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var start, end uintptr
		var prot string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &start, &end, &prot); n == 3 && prot == "rwxp" && end-start >= least {
			found[start] = true
		}
	}
	return found, lines.Err()
}

// reclaim empties the buffer if much of it is used. The machine must not be running.
func (m *Machine) reclaim() {
	t := &m.translations
	if t.mark == nil {
		return
	}
	if t.runs++; t.runs < runsBetweenLooks {
		return
	}
	t.runs = 0
	var in [1]byte
	if _, _, e := unix.RawSyscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&t.mark[0])), uintptr(len(t.mark)), uintptr(unsafe.Pointer(&in[0]))); e != 0 || in[0]&1 == 0 {
		return
	}
	call(library.ctl, m.uc, 10|1<<30) // UC_CTL_TB_FLUSH, no argument, write
}
