//go:build linux && (amd64 || arm64)

package libsystem

import (
	"path"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

func init() {
	// err(3): "name: text: error", or "name: text" for those with an x. err and its relatives
	// end the program; what is written stands before what atexit's functions write.
	for _, f := range []struct {
		warn, err string
		named     int // arguments before the format, without err's exit status
		code      func(c *proc.Call, first int) int
	}{
		{"warn", "err", 0, func(c *proc.Call, _ int) int { return errnoOf(c) }},
		{"warnc", "errc", 1, func(c *proc.Call, first int) int { return c.Int(first) }},
		{"warnx", "errx", 0, nil},
	} {
		text := func(at int, text func(format, values int) printer) func(c *proc.Call) bool {
			return func(c *proc.Call) bool {
				code := 0
				if f.code != nil {
					code = f.code(c, at)
				}
				return complain(c, at+f.named, text(at+f.named, at+f.named+1), f.code != nil, code)
			}
		}
		for prefix, values := range map[string]func(format, values int) printer{"": formatted, "v": formattedList} {
			warn, err := text(0, values), text(1, values)
			on(prefix+f.warn, func(c *proc.Call) { warn(c) })
			onAsync(prefix+f.err, func(c *proc.Call) {
				if err(c) {
					exit(c)
				}
			})
		}
	}
	on("getprogname", func(c *proc.Call) {
		c.Return(c.Process.Peek(programName(c)))
	})
	on("setprogname", func(c *proc.Call) {
		name, ok := c.String(c.Arg(0))
		if !ok {
			return
		}
		if p := proc.At[uint64](c, programName(c)); p != nil {
			*p = c.Arg(0) + uint64(len(name)-len(path.Base(name)))
		}
	})
}

// complain writes a message of err(3); false says that the call is over.
func complain(c *proc.Call, format int, text printer, withCode bool, code int) bool {
	var at, stream uint64
	c.Process.Sync(func() { at, stream = c.Process.Peek(programName(c)), standard(c, "__stderrp") })
	name := ""
	if at != 0 {
		name, _ = c.String(at)
	}
	out := &sink{limit: mostAllocated}
	out.text(name + ": ")
	if c.Arg(format) != 0 {
		if !text(c, out) {
			return false
		}
		if withCode {
			out.text(": ")
		}
	}
	if withCode {
		out.text(errorText(code))
	}
	out.text("\n")
	of(c).put(stream, out.b)
	return true
}

// programName is where the variable __progname is; only on the processor's goroutine.
func programName(c *proc.Call) uint64 {
	at, _ := c.Process.DataSymbol("__progname")
	return at
}

// errnoOf is the caller's errno.
func errnoOf(c *proc.Call) int {
	if p := proc.Read[uint32](c, c.Thread.ErrnoAddress()); p != nil {
		return int(*p)
	}
	return 0
}
