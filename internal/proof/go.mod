// A module of its own: the library must not require what its proofs compare it with.
module github.com/gomach/mach/internal/proof

go 1.25.0

require (
	github.com/ebitengine/purego v0.11.3
	github.com/gomach/mach v0.1.0
)

require golang.org/x/sys v0.47.0 // indirect
