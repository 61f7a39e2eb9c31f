// A module of its own: the library must not require pprof.
module github.com/gomach/mach/examples/profiler

go 1.25.0

require (
	github.com/gomach/mach v0.1.0
	github.com/google/pprof v0.0.0-20250820193118-f64d9cf942d6
)

require golang.org/x/sys v0.47.0 // indirect
