//go:build !darwin

package host_test

import _ "github.com/gomach/mach/hosted"
