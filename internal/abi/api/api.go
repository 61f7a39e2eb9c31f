// Command api records what the library exports, in the form of Go's own api files, and
// holds the tree against what the last release exported: names may come, but
// what was there stays as it was, unless the breaking-change policy moves it
// (release.txt).
//
//	go run ./internal/abi/api -w    records the API of the release in preparation
//	go run ./internal/abi/api       prints it
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/zig"
)

func main() {
	write := flag.Bool("w", false, "write the file of the release in preparation")
	flag.Parse()
	if err := run(*write); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func run(write bool) error {
	root, err := zig.ModuleRoot()
	if err != nil {
		return err
	}
	features, err := Collect(root)
	if err != nil {
		return err
	}
	text := strings.Join(features, "\n") + "\n"
	if !write {
		_, err := os.Stdout.WriteString(text)
		return err
	}
	release, err := abi.LoadRelease()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, dir, release.Version+".txt"), []byte(text), 0o644)
}

// dir is where the records are.
const dir = "internal/abi/api"
