package libsystem

import (
	"sync/atomic"
	"unsafe"
)

//go:cgo_import_dynamic libc_dlsym dlsym "/usr/lib/libSystem.B.dylib"

var dlsymAddr Symbol // set in late_darwin.s

// rtldDefault makes dlsym search all loaded images (RTLD_DEFAULT of <dlfcn.h>).
const rtldDefault = ^uint64(1)

// late caches what dlsym answered: the address, or missing.
type late struct{ addr atomic.Uintptr }

const missing = ^uintptr(0)

// Symbol is the function's address, or 0 if this system lacks it.
func (l *Late) Symbol() Symbol {
	a := l.addr.Load()
	if a == 0 {
		a = l.find()
	}
	if a == missing {
		return 0
	}
	return Symbol(a)
}

func (l *Late) find() uintptr {
	f := struct {
		Head
		handle uint64
		name   *byte
	}{handle: rtldDefault, name: unsafe.StringData(l.name)}
	// dlsym takes dyld's lock, which another thread may hold for long.
	a := uintptr(CallBlocking(dlsymAddr, unsafe.Pointer(&f)))
	if a == 0 {
		a = missing
	}
	l.addr.Store(a)
	return a
}
