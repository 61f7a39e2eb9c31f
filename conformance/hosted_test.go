//go:build !darwin

package conformance_test

import _ "github.com/gomach/mach/hosted"
