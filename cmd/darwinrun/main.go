// Command darwinrun runs darwin executables on Linux: arm64 and amd64 machine code in an
// emulated processor, with libSystem answered by the host.
//
//	darwinrun [flags] PROGRAM [ARGS]
//	GOOS=darwin GOARCH=arm64 go test -exec darwinrun ./...
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	o, err := parse(os.Args)
	if h := (*help)(nil); errors.As(err, &h) {
		fmt.Print(usage)
		describe(h.flags)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "darwinrun:", err)
		os.Exit(2)
	}
	os.Exit(run(o))
}
