package voucher

import (
	"encoding/binary"
	"testing"

	"github.com/gomach/mach"
)

func recipe(key mach.MachVoucherAttrKey, command, prev uint32, content string) []byte {
	var b []byte
	for _, x := range []uint32{uint32(key), command, prev, uint32(len(content))} {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return append(b, content...)
}

// The rules are those of xnu osfmk/ipc/ipc_voucher.c.
func TestBrew(t *testing.T) {
	old := &Voucher{}
	old.values[mach.MACH_VOUCHER_ATTR_KEY_USER_DATA-1] = "old"
	find := func(n mach.MachPort) *Voucher {
		if n == 7 {
			return old
		}
		return nil
	}
	const user, all = mach.MACH_VOUCHER_ATTR_KEY_USER_DATA, mach.MACH_VOUCHER_ATTR_KEY_ALL
	join := func(r ...[]byte) (b []byte) {
		for _, x := range r {
			b = append(b, x...)
		}
		return b
	}
	storeX := recipe(user, mach.MACH_VOUCHER_ATTR_USER_DATA_STORE, 0, "x")
	for _, x := range []struct {
		name    string
		recipes []byte
		kr      mach.KernReturn
		want    string
	}{
		{"store", storeX, mach.KERN_SUCCESS, "x"},
		{"store nothing", join(storeX, recipe(user, mach.MACH_VOUCHER_ATTR_USER_DATA_STORE, 0, "")), mach.KERN_SUCCESS, ""},
		{"copy", recipe(user, mach.MACH_VOUCHER_ATTR_COPY, 7, ""), mach.KERN_SUCCESS, "old"},
		{"copy all", join(storeX, recipe(all, mach.MACH_VOUCHER_ATTR_COPY, 7, "")), mach.KERN_SUCCESS, "old"},
		{"copy of nothing", join(storeX, recipe(all, mach.MACH_VOUCHER_ATTR_COPY, 0, "")), mach.KERN_SUCCESS, "x"},
		{"copy with content", recipe(user, mach.MACH_VOUCHER_ATTR_COPY, 7, "c"), mach.KERN_INVALID_ARGUMENT, ""},
		{"copy of a bad key", recipe(99, mach.MACH_VOUCHER_ATTR_COPY, 7, ""), mach.KERN_INVALID_ARGUMENT, ""},
		{"no such voucher", recipe(user, mach.MACH_VOUCHER_ATTR_COPY, 8, ""), mach.KERN_INVALID_CAPABILITY, ""},
		{"remove", join(storeX, recipe(user, mach.MACH_VOUCHER_ATTR_REMOVE, 0, "")), mach.KERN_SUCCESS, ""},
		{"remove if equal", join(storeX, recipe(all, mach.MACH_VOUCHER_ATTR_REMOVE, 7, "")), mach.KERN_SUCCESS, "x"},
		{"redeem", recipe(all, mach.MACH_VOUCHER_ATTR_REDEEM, 7, ""), mach.KERN_SUCCESS, "old"},
		{"handle", recipe(user, mach.MACH_VOUCHER_ATTR_SET_VALUE_HANDLE, 0, "12345678"), mach.KERN_INVALID_CAPABILITY, ""},
		{"unknown command", recipe(user, 999, 0, ""), mach.KERN_INVALID_ARGUMENT, ""},
		{"no manager", recipe(mach.MACH_VOUCHER_ATTR_KEY_ATM, mach.MACH_VOUCHER_ATTR_USER_DATA_STORE, 0, "x"), mach.KERN_INVALID_ARGUMENT, ""},
		{"cut head", storeX[:15], mach.KERN_INVALID_ARGUMENT, ""},
		{"cut content", storeX[:16], mach.KERN_INVALID_ARGUMENT, ""},
	} {
		v, kr := brew(x.recipes, find)
		if kr != x.kr || kr == mach.KERN_SUCCESS && v[user-1] != x.want {
			t.Errorf("%s: %v, %q; want %v, %q", x.name, kr, v[user-1], x.kr, x.want)
		}
	}
	// A recipe makes what it was taken from.
	if v, kr := brew(old.values.recipe(nil, int(user)-1), find); kr != mach.KERN_SUCCESS || v != old.values {
		t.Errorf("%v %v", v, kr)
	}
}

func FuzzBrew(f *testing.F) {
	f.Add(recipe(7, 211, 0, "x"))
	f.Add(recipe(0xffffffff, 1, 7, ""))
	f.Fuzz(func(t *testing.T, b []byte) {
		brew(b, func(mach.MachPort) *Voucher { return &Voucher{} })
	})
}
