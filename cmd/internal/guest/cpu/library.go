//go:build linux && (amd64 || arm64)

package cpu

import (
	"errors"
	"fmt"
	"sync"

	"github.com/ebitengine/purego"
)

// ErrNoUnicorn is the reason why a Machine cannot be made on a system without the library.
var ErrNoUnicorn = errors.New("darwinrun needs the Unicorn CPU emulator (libunicorn.so.2); install it with: apt-get install libunicorn2")

// library holds the addresses of Unicorn's functions.
var library struct {
	handle                                                          uintptr
	open, memMapPtr, memUnmap, memProtect, regRead, regWrite        uintptr
	regReadBatch, regWriteBatch, start, stop, hookAdd, hookDel, ctl uintptr
	contextAlloc, contextSave, contextRestore, contextSize, free    uintptr
	contextRegRead, contextRegWrite, close                          uintptr
}

// loadLibrary opens libunicorn once. It is closed by the end of the process.
var loadLibrary = sync.OnceValue(func() error {
	var handle uintptr
	var err error
	for _, name := range []string{"libunicorn.so.2", "libunicorn.so"} {
		handle, err = purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err == nil {
			break
		}
	}
	if err != nil {
		return ErrNoUnicorn
	}
	l := &library
	for _, f := range []struct {
		at   *uintptr
		name string
	}{
		{&l.open, "uc_open"}, {&l.memMapPtr, "uc_mem_map_ptr"}, {&l.memUnmap, "uc_mem_unmap"},
		{&l.memProtect, "uc_mem_protect"}, {&l.regRead, "uc_reg_read"}, {&l.regWrite, "uc_reg_write"},
		{&l.regReadBatch, "uc_reg_read_batch"}, {&l.regWriteBatch, "uc_reg_write_batch"},
		{&l.start, "uc_emu_start"}, {&l.stop, "uc_emu_stop"}, {&l.hookAdd, "uc_hook_add"}, {&l.hookDel, "uc_hook_del"}, {&l.ctl, "uc_ctl"},
		{&l.contextAlloc, "uc_context_alloc"}, {&l.contextSave, "uc_context_save"},
		{&l.contextRestore, "uc_context_restore"}, {&l.contextSize, "uc_context_size"}, {&l.free, "uc_context_free"},
		{&l.contextRegRead, "uc_context_reg_read"}, {&l.contextRegWrite, "uc_context_reg_write"},
		{&l.close, "uc_close"},
	} {
		*f.at, err = purego.Dlsym(handle, f.name)
		if err != nil {
			return fmt.Errorf("libunicorn has no %s; version 2.0 or newer is needed (apt-get install libunicorn2)", f.name)
		}
	}
	l.handle = handle
	quickenStores(handle)
	return nil
})

// Available says whether machines can be made here, and if not, why.
func Available() error { return loadLibrary() }

// ucError is an error number of Unicorn.
type ucError uint32

func (e ucError) Error() string { return fmt.Sprintf("unicorn: error %d", uint32(e)) }

func call(fn uintptr, args ...uintptr) uint32 {
	r, _, _ := purego.SyscallN(fn, args...)
	return uint32(r)
}

func try(fn uintptr, args ...uintptr) error {
	if e := call(fn, args...); e != 0 {
		return ucError(e)
	}
	return nil
}
