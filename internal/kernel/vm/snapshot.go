package vm

import (
	"os"

	"github.com/gomach/mach"
)

// A copy is a snapshot: what is written to the source later does not show in
// it. Linux can map a file privately, and a page is copied when it is written
// through that mapping; but as long as it was not, it shows what others write
// to the file. So a private mapping may stand on a file only if nothing shows
// and changes the file itself. If something does already, the copy gets a file
// of its own, with the pages that were ever written; if that is to come, it
// gets a file of its own then, and private mappings keep the old one.

// clone makes an object of a range of another one.
func (o *object) clone(offset, size uint64) (*object, error) {
	o.content.Lock()
	defer o.content.Unlock()
	return o.cloned(offset, size)
}

// cloned wants o.content held.
func (o *object) cloned(offset, size uint64) (*object, error) {
	c, err := newObject(size)
	if err != nil {
		return nil, err
	}
	if err := copyData(c.file, o.file, offset, size); err != nil {
		c.drop()
		return nil, err
	}
	return c, nil
}

// show prepares the object for a mapping that shows its file. It wants
// o.content held.
func (o *object) show() error {
	if o.lazy {
		f, err := newFile(o.size)
		if err != nil {
			return err
		}
		if err := copyData(f, o.file, 0, o.size); err != nil {
			f.Close()
			return err
		}
		o.replace(f)
	}
	o.shared = true
	return nil
}

// replace gives the object another file. It wants o.content held.
func (o *object) replace(f *os.File) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.file.Close()
	o.file, o.lazy = f, false
}

// back prepares the object that a mapping is to be made of, and has the
// request refer to it. Its file stays what it is until done is called, which
// drops the reference that a clone has.
func (r *request) back() (done func(), kr mach.KernReturn) {
	o := r.object
	o.content.Lock()
	switch {
	case r.private:
	case !r.copy:
		if err := o.show(); err != nil {
			o.content.Unlock()
			return nil, mach.KERN_RESOURCE_SHORTAGE
		}
	case !o.shared:
		o.lazy = true
	default:
		c, err := o.cloned(r.offset, r.size)
		o.content.Unlock()
		if err != nil {
			return nil, mach.KERN_RESOURCE_SHORTAGE
		}
		r.object, r.offset = c, 0
		return c.drop, mach.KERN_SUCCESS
	}
	return o.content.Unlock, mach.KERN_SUCCESS
}

// fill writes a range of the map into a new object, but for pages of zeros,
// which take no memory there.
func (m *vmMap) fill(start, end uint64) (*object, mach.KernReturn) {
	o, err := newObject(end - start)
	if err != nil {
		return nil, mach.KERN_RESOURCE_SHORTAGE
	}
	kr := m.eachPage(start, end-start, func(at uint64, b []byte) mach.KernReturn {
		if _, err := o.file.WriteAt(b, int64(at)); err != nil {
			return mach.KERN_RESOURCE_SHORTAGE
		}
		return mach.KERN_SUCCESS
	})
	if kr != mach.KERN_SUCCESS {
		o.drop()
		return nil, kr
	}
	return o, mach.KERN_SUCCESS
}

// copySparse copies a range to fresh memory, which is zero already.
func (m *vmMap) copySparse(dst *vmMap, to, from, size uint64) mach.KernReturn {
	if size <= chunk {
		return m.copyTo(dst, to, from, size)
	}
	return m.eachPage(from, size, func(at uint64, b []byte) mach.KernReturn { return dst.write(b, to+at) })
}

// eachPage calls f with the pages of a range that are not all zeros, as many
// at once as stand together.
func (m *vmMap) eachPage(start, size uint64, f func(at uint64, b []byte) mach.KernReturn) mach.KernReturn {
	b := make([]byte, min(size, chunk))
	for done := uint64(0); done < size; {
		b := b[:min(size-done, chunk)]
		if _, err := m.mem.ReadAt(b, start+done); err != nil {
			return mach.KERN_MEMORY_ERROR
		}
		n := uint64(len(b))
		for from := uint64(0); from < n; {
			to := from
			for to < n && !allZero(b[to:min(n, to+m.page)]) {
				to = min(n, to+m.page)
			}
			if to > from {
				if kr := f(done+from, b[from:to]); kr != mach.KERN_SUCCESS {
					return kr
				}
			}
			from = to + m.page
		}
		done += n
	}
	return mach.KERN_SUCCESS
}

func allZero(b []byte) bool {
	for len(b) >= 8 {
		if b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7] != 0 {
			return false
		}
		b = b[8:]
	}
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
