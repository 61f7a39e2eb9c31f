package cpu

import (
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// Unicorn 2.0 looks for translated code at every store, which makes a store ten times as
// slow as a load. It marks a page in its TLB when the page enters there, and a store to a
// marked page takes the long way; the mark goes when the page is known to hold no code, but
// 2.0 never gets to know. From 2.1 on it asks whether the page can be executed. What follows
// brings that to 2.0: the function that enters a page into the TLB is a global one, which
// the library calls through its table of imports, as it does tlb_set_dirty, which takes the
// mark away. So the table's word is replaced by a function that calls both.
//
// Everything that this relies on is looked for first; where it is not, stores stay slow.

// tlb is what the assembly functions need; its offsets stand there as numbers.
var tlb struct {
	plain                 uintptr // 0: a bit for each page that is written but not executed
	enterARM64, markARM64 uintptr // 8, 16
	enterAMD64, markAMD64 uintptr // 24, 32
}

const (
	hostPage  = 12
	addresses = 47 // bits of an address in this process
)

var plain struct {
	sync.Mutex
	pages []byte // tlb.plain; nil if Unicorn is left as it is
}

func enterPageARM64()
func enterPageAMD64()
func enterPage(amd64 bool) uintptr

// setPlain says whether pages hold data only. The processor must not have them in its TLB.
func setPlain(address, size uint64, is bool) {
	plain.Lock()
	defer plain.Unlock()
	if plain.pages == nil {
		return
	}
	for page := address >> hostPage; page < (address+size)>>hostPage && page < 1<<(addresses-hostPage); page++ {
		if bit := byte(1) << (page & 7); is {
			plain.pages[page>>3] |= bit
		} else {
			plain.pages[page>>3] &^= bit
		}
	}
}

// quickenStores changes the library, if it is one that needs it.
func quickenStores(handle uintptr) {
	version, err := purego.Dlsym(handle, "uc_version")
	if err != nil || call(version, 0, 0)>>16 != 2<<8 {
		return
	}
	at := func(name string) uintptr {
		p, err := purego.Dlsym(handle, name)
		if err != nil {
			return 0
		}
		return p
	}
	tlb.enterARM64, tlb.markARM64 = at("tlb_set_page_with_attrs_aarch64"), at("tlb_set_dirty_aarch64")
	tlb.enterAMD64, tlb.markAMD64 = at("tlb_set_page_with_attrs_x86_64"), at("tlb_set_dirty_x86_64")
	if tlb.enterARM64 == 0 || tlb.markARM64 == 0 || tlb.enterAMD64 == 0 || tlb.markAMD64 == 0 {
		return
	}
	imports := importsOf(handle)
	arm, amd := imports.find(tlb.enterARM64), imports.find(tlb.enterAMD64)
	if arm == nil || amd == nil {
		return
	}
	// Only what is touched of it takes memory.
	pages, err := unix.Mmap(-1, 0, 1<<(addresses-hostPage-3), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return
	}
	tlb.plain = uintptr(unsafe.Pointer(&pages[0]))
	if replace(arm, enterPage(false)) && replace(amd, enterPage(true)) {
		plain.pages = pages
	}
}
