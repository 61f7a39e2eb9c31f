package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// progress shows on a terminal, on standard error, how far something is that takes
// more than a second. Elsewhere it shows nothing.
type progress struct {
	out   io.Writer // nil: nobody looks
	what  string
	begin time.Time
	last  time.Time
	shown bool
}

func newProgress(cmd *cobra.Command, what string) *progress {
	p := &progress{what: what, begin: time.Now()}
	if f, ok := cmd.ErrOrStderr().(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.out = f
		}
	}
	return p
}

// update tells how many bytes are done, of how many.
func (p *progress) update(done, total uint64) {
	now := time.Now()
	if p.out == nil || total == 0 || now.Sub(p.begin) < time.Second || now.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.shown = now, true
	const width = 30
	full := int(width * (float64(done) / float64(total)))
	fmt.Fprintf(p.out, "\r\x1b[K%s [%s%s] %s of %s", p.what, strings.Repeat("#", full), strings.Repeat(".", width-full), size(done, false), size(total, false))
}

// end takes the line away.
func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
