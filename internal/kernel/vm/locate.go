package vm

import (
	"errors"
	"io/fs"
	"math/rand/v2"

	"github.com/gomach/mach/internal/kernel/core"
)

// above puts a mapping at the first free addresses from hint on (xnu
// osfmk/vm/vm_map.c vm_map_locate_space_anywhere). It wants m.mu held.
func (m *vmMap) above(req core.Mapping, hint uint64) (uint64, error) {
	lo, hi := m.mem.Bounds()
	req.Fixed = true
	for at := max(m.trunc(hint), lo); ; {
		at = m.round((at + req.Mask) &^ req.Mask)
		if at < lo || at >= hi || hi-at < req.Size {
			return 0, core.ErrNoSpace
		}
		r, found, err := m.find1(at, false)
		if err != nil {
			return 0, err
		}
		if found && r.Start < at+req.Size {
			at = max(r.End, at+m.page)
			continue
		}
		req.Addr = at
		addr, err := m.mem.Map(req)
		if !errors.Is(err, fs.ErrExist) {
			return addr, err
		}
		// Somebody was faster, or the system keeps the place: go on behind it.
		at += max(m.page, req.Mask+1)
	}
}

// randomTries is how often random addresses are looked for
// (vm_map_random_address_for_size MAX_TRIES_TO_GET_RANDOM_ADDRESS).
const randomTries = 1000

// random puts a mapping at free addresses that nobody can foresee. It wants
// m.mu held.
func (m *vmMap) random(req core.Mapping) (uint64, error) {
	lo, hi := m.mem.Bounds()
	if hi-lo < req.Size {
		return 0, core.ErrNoSpace
	}
	req.Fixed = true
	for range randomTries {
		req.Addr = m.trunc((lo + rand.Uint64N(hi-lo-req.Size+1)) &^ req.Mask)
		if req.Addr < lo || req.Addr&req.Mask != 0 {
			continue
		}
		addr, err := m.mem.Map(req)
		if !errors.Is(err, fs.ErrExist) {
			return addr, err
		}
	}
	return 0, core.ErrNoSpace
}
