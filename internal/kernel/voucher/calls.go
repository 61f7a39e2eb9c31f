package voucher

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Table are the calls of <mach/mach_voucher.h> and those that make vouchers.
func Table() core.Table {
	partial := func(f func(*core.Ctx) mach.KernReturn) core.Entry {
		return core.Entry{Handler: core.K(f), Level: core.Partial, Note: "of the attributes only user data and test are kept"}
	}
	full := func(h core.Handler, note string) core.Entry {
		return core.Entry{Handler: h, Level: core.Full, Note: note}
	}
	const noVoucher = "threads have no current voucher, and so messages get none"
	t := core.Table{
		"host_create_mach_voucher":              partial(create),
		"host_create_mach_voucher_trap":         partial(createTrap),
		"mach_voucher_extract_attr_content":     partial(extractContent),
		"mach_voucher_extract_attr_recipe":      partial(extractRecipe),
		"mach_voucher_extract_attr_recipe_trap": partial(extractRecipeTrap),
		"mach_voucher_extract_all_attr_recipes": partial(extractAll),
		"mach_voucher_attr_command":             partial(command),
		"mach_voucher_debug_info": full(core.K(func(*core.Ctx) mach.KernReturn {
			return mach.KERN_NOT_SUPPORTED
		}), "answers KERN_NOT_SUPPORTED, as release kernels of Darwin do"),
		"voucher_mach_msg_set":    full(func(*core.Ctx) uint64 { return 0 }, noVoucher),
		"voucher_mach_msg_clear":  full(func(*core.Ctx) uint64 { return 0 }, noVoucher),
		"voucher_mach_msg_adopt":  full(adopt, noVoucher),
		"voucher_mach_msg_revert": full(func(*core.Ctx) uint64 { return 0 }, noVoucher),
	}
	return t
}

func create(c *core.Ctx) mach.KernReturn { return createOn(c, mach.KERN_INVALID_ARGUMENT) }

// createTrap sees only that it does not get a host.
func createTrap(c *core.Ctx) mach.KernReturn { return createOn(c, mach.MACH_SEND_INVALID_DEST) }

func createOn(c *core.Ctx, noHost mach.KernReturn) mach.KernReturn {
	p, kr := c.PortArg(0)
	if kr != mach.KERN_SUCCESS || p == nil {
		return mach.MACH_SEND_INVALID_DEST
	}
	if _, ok := c.Object(0, mach.IPC_OTYPE_HOST, mach.IPC_OTYPE_HOST_PRIV); !ok {
		return noHost
	}
	size := c.I32(2)
	switch {
	case size < 0:
		return mach.KERN_INVALID_ARGUMENT
	case size > mach.MACH_VOUCHER_ATTR_MAX_RAW_RECIPE_ARRAY_SIZE:
		return mach.MIG_ARRAY_TOO_LARGE
	case size == 0:
		return c.GivePort(3, nil)
	}
	recipes := make([]byte, size)
	if kr := c.Read(1, recipes); kr != mach.KERN_SUCCESS {
		return mach.KERN_MEMORY_ERROR
	}
	v, kr := brew(recipes, func(name mach.MachPort) *Voucher {
		p, kr := c.Task.Space.SendPort(name)
		if kr != mach.KERN_SUCCESS {
			return nil
		}
		_, obj := p.KObject()
		v, _ := obj.(*Voucher)
		return v
	})
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GiveRight(3, get(c.Kernel, v))
}

// arg is the voucher that a call goes to.
func arg(c *core.Ctx) (*Voucher, mach.KernReturn) {
	p, kr := c.PortArg(0)
	if kr != mach.KERN_SUCCESS || p == nil {
		return nil, mach.MACH_SEND_INVALID_DEST
	}
	_, obj := p.KObject()
	v, ok := obj.(*Voucher)
	if !ok {
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	return v, mach.KERN_SUCCESS
}

// value is an attribute of a voucher; "" is the default, and that of a key
// that there is not.
func (v *Voucher) value(key mach.MachVoucherAttrKey) string {
	if key == 0 || int64(key) > int64(keyCount) {
		return ""
	}
	return v.values[key-1]
}

// store writes a result with an in/out size in bytes.
func store(c *core.Ctx, i, size int, b []byte) mach.KernReturn {
	have, kr := c.Get32(size)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if uint64(have) < uint64(len(b)) {
		return mach.KERN_NO_SPACE
	}
	if kr := c.Write(i, b); kr != mach.KERN_SUCCESS {
		return mach.KERN_MEMORY_ERROR
	}
	return c.Put32(size, uint32(len(b)))
}

func extractContent(c *core.Ctx) mach.KernReturn {
	v, kr := arg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return store(c, 2, 3, []byte(v.value(mach.MachVoucherAttrKey(c.U32(1)))))
}

func extractRecipe(c *core.Ctx) mach.KernReturn {
	v, kr := arg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	key := mach.MachVoucherAttrKey(c.U32(1))
	if v.value(key) == "" {
		return c.Put32(3, 0)
	}
	return store(c, 2, 3, v.values.recipe(nil, int(key)-1))
}

func extractRecipeTrap(c *core.Ctx) mach.KernReturn {
	have, kr := c.Get32(3)
	switch {
	case kr != mach.KERN_SUCCESS:
		return mach.KERN_MEMORY_ERROR
	case have > mach.MACH_VOUCHER_ATTR_MAX_RAW_RECIPE_ARRAY_SIZE:
		return mach.MIG_ARRAY_TOO_LARGE
	}
	if _, kr := arg(c); kr != mach.KERN_SUCCESS {
		return mach.MACH_SEND_INVALID_DEST // whatever else the port is
	}
	return extractRecipe(c)
}

func extractAll(c *core.Ctx) mach.KernReturn {
	v, kr := arg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	var all []byte
	for i, x := range v.values {
		if x != "" {
			all = v.values.recipe(all, i)
		}
	}
	return store(c, 1, 2, all)
}

// command asks the manager of an attribute; that of user data knows none.
func command(c *core.Ctx) mach.KernReturn {
	if _, kr := arg(c); kr != mach.KERN_SUCCESS {
		return kr
	}
	if !kept(mach.MachVoucherAttrKey(c.U32(1))) {
		return mach.KERN_INVALID_ARGUMENT
	}
	return mach.KERN_FAILURE
}

// adopt answers VOUCHER_MACH_MSG_STATE_UNCHANGED: the thread's voucher stays
// as it was.
func adopt(*core.Ctx) uint64 { return ^uint64(0) }
