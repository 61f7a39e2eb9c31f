//go:build !darwin

package wasmtime

import _ "github.com/gomach/mach/hosted"
