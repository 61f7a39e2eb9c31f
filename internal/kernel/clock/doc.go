// Package clock has the time: the ticks since boot, the clock services with
// their alarms, and the calls that wait for a time.
//
// A tick is a nanosecond, whatever the CPU, so mach_timebase_info answers 1/1.
// Absolute time is Linux' CLOCK_MONOTONIC, which stands still while the system
// sleeps; continuous time is CLOCK_BOOTTIME, which does not.
package clock
