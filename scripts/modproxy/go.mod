// A module of its own: the library must not require golang.org/x/mod.
module github.com/gomach/mach/scripts/modproxy

go 1.25.0

require golang.org/x/mod v0.40.0
