package misc

import "github.com/gomach/mach/internal/kernel/core"

// strncpy copies a C string of the caller into a buffer of len bytes, with the
// NUL that always ends it, and returns the bytes written without the fill.
func strncpy(c *core.Ctx, fill bool) uint64 {
	dest, src, size := c.U64(0), c.U64(1), int64(c.I32(2))
	if size <= 0 || fill && dest == 0 {
		return 0
	}
	var text []byte
	if src != 0 || !fill {
		text = readString(c, src, size-1)
		if text == nil {
			return 0 // in C the process would have ended here
		}
	}
	out := append(text, 0)
	n := len(out)
	if src == 0 {
		n = 0
	}
	if fill {
		out = append(out, make([]byte, size-int64(len(out)))...)
	}
	c.WriteAt(dest, out)
	return uint64(uint32(n))
}

// readString reads up to most bytes before a NUL; nil if memory ends first.
func readString(c *core.Ctx, addr uint64, most int64) []byte {
	out := []byte{}
	var b [64]byte
	for int64(len(out)) < most {
		// Up to the end of a piece that cannot span two pages.
		n := min(int64(len(b))-int64(addr%uint64(len(b))), most-int64(len(out)))
		if _, err := c.Mem.ReadAt(b[:n], addr); err != nil {
			return nil
		}
		for _, x := range b[:n] {
			if x == 0 {
				return out
			}
			out = append(out, x)
		}
		addr += uint64(n)
	}
	return out
}

func migStrncpy(c *core.Ctx) uint64         { return strncpy(c, false) }
func migStrncpyZerofill(c *core.Ctx) uint64 { return strncpy(c, true) }
