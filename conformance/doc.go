// Package conformance holds tests of package mach alone, written to Darwin's
// documented behaviour: Apple's headers and XNU's sources and tests, which
// each test cites (version 11417.101.15).
//
// The same tests run on a Mac, on Linux over package hosted and as darwin
// programs under darwinrun. What is no documented behaviour is not asked for.
// A call that today's macOS answers with a guard exception, which can end the
// process, is made only where no real macOS is underneath: see violation.
package conformance
