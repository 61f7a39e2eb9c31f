//go:build linux && (amd64 || arm64)

package machkern

import "github.com/gomach/mach/internal/kernel/host"

// machine is the host's machine as a guest sees it: with pages of the guest's size.
type machine struct {
	host.Machine
	page uint64
}

func (m machine) PageSize() uint64 { return m.page }

func (m machine) Memory() (host.MemoryFigures, error) {
	f, err := m.Machine.Memory()
	per := max(m.page/m.Machine.PageSize(), 1)
	for _, p := range []*uint64{
		&f.Total, &f.Free, &f.Active, &f.Inactive, &f.External, &f.Internal, &f.Pageins, &f.Pageouts,
		&f.Swapins, &f.Swapouts, &f.Swapped, &f.Purges, &f.Compressor, &f.Uncompressed,
	} {
		*p /= per
	}
	return f, err
}
