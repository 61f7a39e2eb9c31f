//go:build !unix

package task

import "os"

// fatalSignals end a program that does not handle them, and mean that it should
// end.
var fatalSignals = []os.Signal{os.Interrupt}
