package main

import (
	"io"
	"os"
)

// colours reports whether what is written there may have colours: on a terminal, but not
// where NO_COLOR is set to something (no-color.org) or the terminal has none.
func colours(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Codes of ECMA-48, 8.3.117 (SGR).
const (
	sgrBold = "\x1b[1m"
	sgrDim  = "\x1b[2m"
	sgrRed  = "\x1b[31m"
	sgrBlue = "\x1b[36m"
	sgrOff  = "\x1b[0m"
)

func (p *printer) paint(code, s string) string {
	if !p.colour || s == "" {
		return s
	}
	return code + s + sgrOff
}

func (p *printer) bold(s string) string { return p.paint(sgrBold, s) }
func (p *printer) dim(s string) string  { return p.paint(sgrDim, s) }
func (p *printer) red(s string) string  { return p.paint(sgrRed, s) }
func (p *printer) blue(s string) string { return p.paint(sgrBlue, s) }
