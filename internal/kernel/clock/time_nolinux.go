//go:build !linux

package clock

import "time"

var start = time.Now()

// Absolute is mach_absolute_time, here counted from the start of the program.
func Absolute() uint64 { return uint64(time.Since(start)) }

// Continuous is mach_continuous_time.
func Continuous() uint64 { return Absolute() }
