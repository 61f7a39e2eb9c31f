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

One exception is never raised for a process of Linux: EXC_SOFTWARE with
EXC_SOFT_SIGNAL, a Unix signal. Darwin raises it for a process that is traced by
ptrace with PT_ATTACHEXC or PT_SIGEXC, and for no other. There is no such ptrace
here, and Linux's would need the place of the tracer that the kernel itself has;
signals are left alone. darwinrun has that ptrace, and raises it.

`

// perCPU is what differs between linux/amd64 and linux/arm64. What is not there is
// the same code on both.
const perCPU = `
## By CPU

The functions and their levels are the same on linux/amd64 and linux/arm64. These
differ, each in files of one CPU:

| | linux/amd64 | linux/arm64 |
| --- | --- | --- |
| states of a thread | general, float, AVX, AVX-512 as the processor has them, debug, exception, instruction, pagein; of 32-bit programs too | general, NEON, debug, exception, pagein; of 32-bit programs the general one |
| single steps | the trap flag in rflags | MDSCR_EL1.SS in ARM_DEBUG_STATE64, by the kernel's own steps |
| watchpoints | debug registers in X86_DEBUG_STATE64 | those of ARM_DEBUG_STATE64 that the processor has (NT_ARM_HW_WATCH) |
| breakpoint registers | raise EXC_I386_SGL, as XNU has it | raise EXC_ARM_BREAKPOINT, told from watchpoints by the program counter |
| where watchpoints never fire, as in some virtual machines | refused: KERN_NOT_SUPPORTED | refused: KERN_NOT_SUPPORTED, as for registers that the processor lacks |
| signatures in pointers | none | taken off by the width of the task's addresses, which the kernel tells where it signs (NT_ARM_PAC_MASK) |
| end of addresses | asked of the kernel: 47 or 56 bits | asked of the kernel: 39, 42, 47, 48 or 52 bits |
| pages | 4 KiB | asked of the kernel: 4, 16 or 64 KiB |
| an interrupted system call | restarted by the tracer | restarted by the kernel before the stop |
| processes of darwinrun | darwin/arm64 and darwin/amd64 | darwin/arm64 on pages of 4 and 16 KiB, darwin/amd64 on pages of 4 KiB |

linux/amd64 runs the whole suite; linux/arm64 runs in a virtual machine (QEMU's
emulation, Debian's kernels) what ` + "`scripts/arm64.sh full`" + ` lists.
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
	b.WriteString(perCPU)
	return b.Bytes(), nil
}
