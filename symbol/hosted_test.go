//go:build !darwin

package symbol_test

import _ "github.com/gomach/mach/hosted"
