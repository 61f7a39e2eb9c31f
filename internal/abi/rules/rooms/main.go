// Command rooms writes the table of rooms into docs/architecture.md.
package main

import (
	"fmt"
	"os"

	"github.com/gomach/mach/internal/abi/rules"
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "rooms:", err)
		os.Exit(1)
	}
}

func write() error {
	const page = "docs/architecture.md"
	rooms, err := rules.ReadRooms("internal/abi/rules/rooms.txt")
	if err != nil {
		return fmt.Errorf("%w (run it at the root of the tree)", err)
	}
	files, err := rules.Scan(".")
	if err != nil {
		return err
	}
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text, err := rules.Table(string(old), rooms, files)
	if err != nil {
		return err
	}
	return os.WriteFile(page, []byte(text), 0o644)
}
