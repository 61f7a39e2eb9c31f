package voucher

import (
	"encoding/binary"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// firstKey and lastKey bound the attributes that are kept.
const (
	firstKey = mach.MACH_VOUCHER_ATTR_KEY_USER_DATA
	lastKey  = mach.MACH_VOUCHER_ATTR_KEY_TEST
	keyCount = int(mach.MACH_VOUCHER_ATTR_KEY_NUM_WELL_KNOWN)
)

// values are a voucher's attributes, by key minus one; "" is the default.
type values [keyCount]string

// Voucher is what a voucher port stands for.
type Voucher struct {
	port   *ipc.Port
	values values
}

// vouchers are all there are, so that equal ones are the same.
type vouchers struct {
	mu  sync.Mutex
	all map[values]*Voucher
}

type vouchersKey struct{}

// get returns the voucher with the given values, and a send right to it.
func get(k *core.Kernel, v values) ipc.Right {
	vs := k.State(vouchersKey{}, func() any { return &vouchers{all: map[values]*Voucher{}} }).(*vouchers)
	vs.mu.Lock()
	defer vs.mu.Unlock()
	x := vs.all[v]
	if x == nil {
		x = &Voucher{values: v}
		x.port = ipc.NewKernelPort(mach.IPC_OTYPE_VOUCHER, x)
		x.port.OnNoSenders(func(*ipc.Port) {
			// The port lives on for who may just be getting a right to it.
			vs.mu.Lock()
			if vs.all[v] == x {
				delete(vs.all, v)
			}
			vs.mu.Unlock()
		})
		vs.all[v] = x
	}
	return ipc.NewSendRight(x.port)
}

// kept reports whether there is a manager for a key.
func kept(key mach.MachVoucherAttrKey) bool { return firstKey <= key && key <= lastKey }

// recipeSize is the size of a mach_voucher_attr_recipe_data_t without content.
const recipeSize = 16

// maxData is the most that one value holds (xnu osfmk/ipc/ipc_voucher.c,
// USER_DATA_MAX_DATA).
const maxData = 16 << 10

// brew makes values by recipes. find turns the name of a voucher into it.
func brew(recipes []byte, find func(mach.MachPort) *Voucher) (v values, kr mach.KernReturn) {
	le := binary.LittleEndian
	for len(recipes) > 0 {
		if len(recipes) < recipeSize {
			return v, mach.KERN_INVALID_ARGUMENT
		}
		key := mach.MachVoucherAttrKey(le.Uint32(recipes))
		command := le.Uint32(recipes[4:])
		name := mach.MachPort(le.Uint32(recipes[8:]))
		size := le.Uint32(recipes[12:])
		recipes = recipes[recipeSize:]
		if uint64(size) > uint64(len(recipes)) {
			return v, mach.KERN_INVALID_ARGUMENT
		}
		content := recipes[:size]
		recipes = recipes[size:]
		var prev *Voucher
		if name != mach.MACH_PORT_NULL {
			if prev = find(name); prev == nil {
				return v, mach.KERN_INVALID_CAPABILITY
			}
		}
		if kr := v.execute(key, command, prev, content); kr != mach.KERN_SUCCESS {
			return v, kr
		}
	}
	return v, mach.KERN_SUCCESS
}

// execute performs one recipe (xnu osfmk/ipc/ipc_voucher.c,
// ipc_execute_voucher_recipe_command).
func (v *values) execute(key mach.MachVoucherAttrKey, command uint32, prev *Voucher, content []byte) mach.KernReturn {
	all := key == mach.MACH_VOUCHER_ATTR_KEY_ALL
	known := all || 0 < key && int(key) <= keyCount
	from, to := int(key)-1, int(key)
	if all {
		from, to = 0, keyCount
	}
	switch command {
	case mach.MACH_VOUCHER_ATTR_COPY:
		switch {
		case len(content) > 0:
			return mach.KERN_INVALID_ARGUMENT
		case prev == nil:
			return mach.KERN_SUCCESS
		case !known:
			return mach.KERN_INVALID_ARGUMENT
		}
		copy(v[from:to], prev.values[from:to])
	case mach.MACH_VOUCHER_ATTR_REMOVE:
		if len(content) > 0 || !known {
			return mach.KERN_INVALID_ARGUMENT
		}
		for i := from; i < to; i++ {
			if prev == nil || v[i] == prev.values[i] {
				v[i] = ""
			}
		}
	case mach.MACH_VOUCHER_ATTR_SET_VALUE_HANDLE:
		return mach.KERN_INVALID_CAPABILITY // for managers only
	case mach.MACH_VOUCHER_ATTR_REDEEM:
		if !all && !kept(key) {
			return mach.KERN_INVALID_ARGUMENT
		}
		for i := from; i < to; i++ {
			if kept(mach.MachVoucherAttrKey(i + 1)) {
				v[i] = ""
				if prev != nil {
					v[i] = prev.values[i]
				}
			}
		}
	case mach.MACH_VOUCHER_ATTR_USER_DATA_STORE:
		switch {
		case !kept(key):
			return mach.KERN_INVALID_ARGUMENT
		case len(content) > maxData:
			return mach.KERN_RESOURCE_SHORTAGE
		}
		v[key-1] = string(content)
	default:
		return mach.KERN_INVALID_ARGUMENT
	}
	return mach.KERN_SUCCESS
}

// recipe appends the recipe of an attribute.
func (v *values) recipe(to []byte, i int) []byte {
	le := binary.LittleEndian
	to = le.AppendUint32(to, uint32(i+1))
	to = le.AppendUint32(to, mach.MACH_VOUCHER_ATTR_BITS_STORE)
	to = le.AppendUint32(to, uint32(mach.MACH_PORT_NULL))
	to = le.AppendUint32(to, uint32(len(v[i])))
	return append(to, v[i]...)
}
