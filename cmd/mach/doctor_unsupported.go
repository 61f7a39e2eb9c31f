//go:build !linux && !darwin

package main

import "context"

func examine(context.Context, int) []finding {
	return []finding{{"system", forbids, "there is no Mach kernel here, and no hosted one: Linux and macOS have them", ""}}
}
