//go:build !darwin

package porttest

import _ "github.com/gomach/mach/hosted"
