//go:build !darwin

package port_test

import _ "github.com/gomach/mach/hosted"
