//go:build !darwin

package task_test

import _ "github.com/gomach/mach/hosted"
