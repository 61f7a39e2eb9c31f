// Package conformance holds tests of package mach alone, written to Darwin's
// documented behaviour: Apple's headers and XNU's sources and tests, which
// each test cites (version 11417.101.15).
//
// The same tests run hosted on Linux, as darwin programs under darwinrun, and
// are meant to run on a Mac:
//
//	go test -short ./conformance
//	GOOS=darwin GOARCH=arm64 go test -short -exec darwinrun ./conformance
//	go test -fuzz FuzzMessage ./conformance
//
// Without -short the stress part runs as well. Each test begins with begin,
// which checks that it leaves the rights and the tagged memory of the task as
// it found them.
//
// What is no documented behaviour is not asked for. A call that today's macOS
// answers with a guard exception, which can end the process, is made only
// where no real macOS is underneath (see violation): a kernel whose version
// line does not begin with Darwin's, or MACH_EMULATED in the environment.
//
// Every error code that internal/gen/doc names for a function is provoked, or
// testdata/unprovoked.txt says why not; a run of the whole suite hosted fails
// otherwise. MACH_CONFORMANCE_CODES=1 lists what is missing after failures too.
package conformance
