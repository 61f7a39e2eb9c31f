// Package hosted gives a program a Mach kernel in its own process, on Linux
// (amd64 and arm64): import it for its effect,
//
//	import _ "github.com/gomach/mach/hosted"
//
// and the calls of package mach behave as on Darwin, over real Linux processes,
// memory and figures. On Darwin it does nothing: the system has a kernel.
package hosted
