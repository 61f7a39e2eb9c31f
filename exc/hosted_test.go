//go:build !darwin

package exc_test

import _ "github.com/gomach/mach/hosted"
