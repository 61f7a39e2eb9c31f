package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// bytesFlag adds --bytes, for exact numbers.
func bytesFlag(c *cobra.Command) *bool {
	return c.Flags().BoolP("bytes", "b", false, "exact numbers of bytes")
}

// size is a number of bytes as people read it, or exactly.
func size(n uint64, exact bool) string {
	if exact || n < 1024 {
		return fmt.Sprint(n)
	}
	v := float64(n)
	for _, unit := range []string{"K", "M", "G", "T", "P", "E"} {
		v /= 1024
		if v < 9.95 {
			return fmt.Sprintf("%.1f%s", v, unit)
		}
		if v < 1023.5 {
			return fmt.Sprintf("%.0f%s", v, unit)
		}
	}
	return fmt.Sprint(n)
}

// seconds is a time of a processor.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }
