package main

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/core"
)

const intro = `# What the hosted kernel supports

<!-- Written by internal/kernel/supportdoc from the kernel's table: do not edit, run "go generate ./internal/kernel/supportdoc". -->

On Linux the functions of package mach are answered by a kernel in the process
(` + "`import _ \"github.com/gomach/mach/hosted\"`" + `). A function is supported

- **full**: as Darwin documents it. A note says what the answer is made of where
  Linux has no such thing, or what Darwin itself answers for a call that it has
  given up.
- **partial**: with the difference in the note.
- **none**: it answers KERN_NOT_SUPPORTED, or does nothing if it has no
  kern_return_t to answer with.

`

// document is the text of docs/support.md.
func document() ([]byte, error) {
	facts, err := abi.Load("arm64")
	if err != nil {
		return nil, err
	}
	headers := map[string][]core.Support{}
	count := map[core.Level]int{}
	all := kernel.Table().Supports()
	for _, s := range all {
		count[s.Level]++
		h := "other"
		if f, ok := facts.Functions[s.Name]; ok {
			h = f.Header
		}
		headers[h] = append(headers[h], s)
	}
	var b bytes.Buffer
	b.WriteString(intro)
	fmt.Fprintf(&b, "Of %d functions %d are full, %d partial, %d none.\n",
		len(all), count[core.Full], count[core.Partial], count[core.None])
	names := make([]string, 0, len(headers))
	for h := range headers {
		names = append(names, h)
	}
	sort.Strings(names)
	for _, h := range names {
		fmt.Fprintf(&b, "\n## `<%s>`\n\n| function | support | note |\n| --- | --- | --- |\n", h)
		for _, s := range headers[h] {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, s.Level, strings.ReplaceAll(s.Note, "|", "\\|"))
		}
	}
	return b.Bytes(), nil
}
