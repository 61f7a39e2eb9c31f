//go:build !darwin

package core_test

import _ "github.com/gomach/mach/hosted"
