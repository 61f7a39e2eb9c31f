package task_test

import (
	"encoding/binary"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Whatever a kernel says, the walk ends, and goes upwards.
func FuzzRegions(f *testing.F) {
	le := binary.LittleEndian
	one := func(addr, size uint64) []byte {
		return le.AppendUint64(le.AppendUint64(nil, addr), size)
	}
	f.Add(append(one(0x1000, 0x1000), one(0x4000, 0x2000)...), uint32(19))
	f.Add(append(one(0x1000, 0x1000), one(0x1000, 0x1000)...), uint32(17)) // the same again
	f.Add(one(1<<64-0x1000, 0x1000), uint32(16))                           // up to the end of all
	f.Add(one(0x1000, 0), uint32(0))
	f.Add(one(5, 1<<64-1), uint32(1000))
	f.Fuzz(func(t *testing.T, b []byte, words uint32) {
		calls, most := 0, len(b)/16+1
		m := func(addr, size *uint64, depth *uint32, info *mach.VMRegionSubmapInfo64, n *uint32) error {
			calls++
			if len(b) < 16 {
				return mach.KERN_INVALID_ADDRESS
			}
			*addr, *size, *n = le.Uint64(b), le.Uint64(b[8:]), words
			info.ShareMode, info.UserTag, info.PagesReusable = b[0], uint32(b[1])<<8, 77
			b = b[16:]
			return nil
		}
		var end uint64
		for r, err := range task.WalkRegions(m) {
			if err != nil {
				break
			}
			if r.Size == 0 || r.End()-1 < end {
				t.Errorf("%v after %#x", &r, end)
			}
			if words < mach.VM_REGION_SUBMAP_INFO_V1_COUNT_64 && r.Reusable != 0 {
				t.Errorf("a field that was not filled in is %d", r.Reusable)
			}
			end = r.End()
			if r.Contains(end) {
				t.Errorf("%v contains its end", &r)
			}
			_ = r.Backing() // does not panic
		}
		if calls > most {
			t.Errorf("%d calls for %d regions", calls, most-1)
		}
	})
}
