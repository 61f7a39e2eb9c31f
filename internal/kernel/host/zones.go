package host

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// zoneNameSize is the size of a mach_zone_name_t (xnu osfmk/mach_debug/zone_info.h).
const zoneNameSize = len(mach.MachZoneName{}.MznName)

// zones lists the zones, or answers why not.
func (h *Host) zones() ([]Zone, mach.KernReturn) {
	z, err := h.machine.Zones()
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, mach.KERN_NO_ACCESS
	case errors.Is(err, errors.ErrUnsupported):
		return nil, mach.KERN_NOT_SUPPORTED
	case err != nil:
		return nil, mach.KERN_FAILURE
	}
	return z, mach.KERN_SUCCESS
}

func (z Zone) name() []byte {
	b := make([]byte, zoneNameSize)
	copy(b[:len(b)-1], z.Name)
	return b
}

func (z Zone) info() mach.MachZoneInfo_t {
	return mach.MachZoneInfo_t{
		MziCount:     z.Active,
		MziCurSize:   z.Count * z.ElemSize,
		MziMaxSize:   z.Count * z.ElemSize,
		MziElemSize:  z.ElemSize,
		MziAllocSize: z.AllocBytes,
	}
}

// zoneArrays are the names and the figures of all zones, as C arrays.
func zoneArrays(zones []Zone) (names, infos []byte) {
	for _, z := range zones {
		names = append(names, z.name()...)
		x := z.info()
		for _, w := range words(&x) {
			infos = binary.LittleEndian.AppendUint32(infos, w)
		}
	}
	return names, infos
}

func machZoneInfo(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_HOST)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	zones, kr := h.zones()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	names, infos := zoneArrays(zones)
	if kr := c.GiveMemory(1, 2, names, uint32(len(zones))); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GiveMemory(3, 4, infos, uint32(len(zones)))
}

// machMemoryInfo is machZoneInfo with a third list, of memory by tag, which is
// empty: Linux does not tell its kernel's memory by use.
func machMemoryInfo(c *core.Ctx) mach.KernReturn {
	if kr := machZoneInfo(c); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GiveMemory(5, 6, nil, 0)
}

// machZoneInfoForZone gets the name by value, which means by reference for a
// struct of that size.
func machZoneInfoForZone(c *core.Ctx) mach.KernReturn {
	h, kr := privHost(c, mach.KERN_INVALID_HOST)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	name := make([]byte, zoneNameSize)
	if kr := c.Read(1, name); kr != mach.KERN_SUCCESS {
		return kr
	}
	name, _, _ = bytes.Cut(name, []byte{0})
	zones, kr := h.zones()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	for _, z := range zones {
		if cut, _, _ := bytes.Cut(z.name(), []byte{0}); !bytes.Equal(cut, name) {
			continue
		}
		x := z.info()
		var b []byte
		for _, w := range words(&x) {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
		return c.Write(2, b)
	}
	return mach.KERN_INVALID_ARGUMENT
}

// hostLockgroupInfo lists the lock groups of the kernel, of which this one has
// none.
func hostLockgroupInfo(c *core.Ctx) mach.KernReturn {
	if _, kr := anyHost(c, mach.KERN_INVALID_HOST); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GiveMemory(1, 2, nil, 0)
}
