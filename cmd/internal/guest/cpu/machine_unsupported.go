//go:build !(linux && (amd64 || arm64))

package cpu

import "errors"

// ErrNoUnicorn is the reason why a Machine cannot be made on this system.
var ErrNoUnicorn = errors.New("darwinrun runs on Linux (amd64 or arm64) only")

// Available says whether machines can be made here, and if not, why.
func Available() error { return ErrNoUnicorn }
