//go:build !((linux || darwin) && (amd64 || arm64))

package wasmtime

import "errors"

// Thread is for systems on which compiled code can be called.
type Thread struct{}

// Attach fails with errors.ErrUnsupported here.
func (h *Handler) Attach() (*Thread, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (t *Thread) Close() error { return nil }

// Guard is empty.
func (t *Thread) Guard() (start, end uint64) { return 0, 0 }

// Call fails with errors.ErrUnsupported here.
func (t *Thread) Call(c *Code, offset, a, b uint64) (uint64, error) {
	return 0, errors.ErrUnsupported
}

func landingPad() uint64 { return 0 }
