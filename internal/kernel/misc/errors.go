package misc

import (
	"fmt"
	"os"
	"strings"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/cstring"
)

// errorType is the text of mach_error_type: "(os/kern)" for KERN_FAILURE.
func errorType(k mach.KernReturn) string {
	if d := k.Domain(); strings.IndexFunc(d, isDigit) < 0 {
		return "(" + d + ")"
	}
	return "(?/?)"
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// errorString is the text of mach_error_string. ok is false for a code that
// has none.
func errorString(k mach.KernReturn) (text string, ok bool) {
	name := k.CName()
	if name == "" {
		return "unknown error code", false
	}
	text = strings.TrimPrefix(k.Error(), "mach: ")
	if i := strings.LastIndexByte(text, '('); i > 0 {
		text = text[:i-1] // the name of the constant, which C does not tell
	}
	if t := errorType(k); t != "(?/?)" {
		text = t + " " + text
	}
	return text, true
}

func machErrorString(c *core.Ctx) uint64 {
	text, _ := errorString(mach.KernReturn(c.I32(0)))
	return cstring.Of(c, text)
}

func machErrorType(c *core.Ctx) uint64 {
	return cstring.Of(c, errorType(mach.KernReturn(c.I32(0))))
}

// machError prints as xnu libsyscall/mach/mach_error.c does: a code without a
// text of its own comes with its type and number.
func machError(c *core.Ctx) uint64 {
	prefix, _ := c.String(0, 4096)
	k := mach.KernReturn(c.I32(1))
	text, ok := errorString(k)
	if !ok {
		text = fmt.Sprintf("%s %s (%x)", errorType(k), text, uint32(k))
	}
	fmt.Fprintf(os.Stderr, "%s %s\n", prefix, text)
	return 0
}
