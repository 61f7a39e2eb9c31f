package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	if how := os.Getenv(endVariable); how != "" {
		endAs(how)
		return
	}
	if what := os.Getenv(guardVariable); what != "" {
		breakGuard(what)
		return
	}
	if runtime.GOOS != "darwin" { // the tests ask what a call answers that breaks a guard
		os.Setenv("MACH_GUARDS", "off")
	}
	if kind := os.Getenv(recordedVariable); kind != "" {
		playRecording(kind)
		return
	}
	flag.Parse()
	code := m.Run()
	if wholeSuite() && (code == 0 || os.Getenv("MACH_CONFORMANCE_CODES") != "") {
		for _, line := range unprovoked() {
			fmt.Println("codes_test.go:", line)
			code = 1
		}
	}
	os.Exit(code)
}

// wholeSuite reports whether all tests were asked for.
func wholeSuite() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}
