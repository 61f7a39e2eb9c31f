// The programs: what they need is no matter of who imports the library.
module github.com/gomach/mach/cmd

go 1.25.0

require (
	github.com/ebitengine/purego v0.11.3
	github.com/gomach/mach v0.1.0
	github.com/ianlancetaylor/demangle v0.0.0-20260724033716-83e58baca724
	github.com/mattn/go-runewidth v0.0.31
	github.com/rogpeppe/go-internal v1.16.0
	github.com/spf13/cobra v1.10.2
	golang.org/x/sys v0.47.0
)

require (
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/spf13/pflag v1.1.0
	golang.org/x/tools v0.26.0 // indirect
)
