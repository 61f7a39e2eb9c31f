//go:build linux && (amd64 || arm64)

package proc

import (
	"encoding/binary"
	"os"
)

// ImageInfosSize is the size of dyld_all_image_infos (<mach-o/dyld_images.h>).
const ImageInfosSize = 368

// imageInfos writes the list of loaded images into the guest's memory, where debuggers find
// it by TASK_DYLD_INFO: the program. libSystem is answered by the runner and has no image.
func (p *Process) imageInfos() uint64 {
	const ( // version 17, 64-bit
		version      = 17
		count        = 4
		list         = 8
		initialised  = 25
		self         = 104
		initialCount = 112
		dyldPath     = 192
	)
	le := binary.LittleEndian
	image := le.AppendUint64(nil, p.Main.Base)
	image = le.AppendUint64(image, p.Static(append([]byte(p.Name), 0)))
	var modified uint64
	if st, err := os.Stat(p.Path); err == nil {
		modified = uint64(st.ModTime().Unix())
	}
	image = le.AppendUint64(image, modified)

	b := make([]byte, ImageInfosSize)
	le.PutUint32(b, version)
	le.PutUint32(b[count:], 1)
	le.PutUint64(b[list:], p.Static(image))
	b[initialised] = 1
	le.PutUint64(b[initialCount:], 1)
	le.PutUint64(b[dyldPath:], p.Static([]byte("/usr/lib/dyld\x00")))
	at := p.Static(b)
	p.poke(at+self, at)
	return at
}
