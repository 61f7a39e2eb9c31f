package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manDate is that of the pages: SOURCE_DATE_EPOCH (reproducible-builds.org), or today.
func manDate() (time.Time, error) {
	s := os.Getenv("SOURCE_DATE_EPOCH")
	if s == "" {
		return time.Now(), nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(v, 0).UTC(), nil
}

// withCommands is a command with all below it that have a page.
func withCommands(c *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{c}
	for _, x := range c.Commands() {
		if x.IsAvailableCommand() && x.Name() != "help" {
			list = append(list, withCommands(x)...)
		}
	}
	return list
}

// roff makes a text safe for man(7): backslashes and hyphens are characters, and no line
// begins with a request.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// manPage is the manual page of a command, in the macros of man(7).
func manPage(c *cobra.Command, date time.Time) []byte {
	var b strings.Builder
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	fmt.Fprintf(&b, ".TH %s 1 %s mach mach\n", roff(strings.ToUpper(name)), date.Format("2006-01-02"))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	text := c.Long
	if text == "" {
		text = c.Short
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", paragraphs(text))
	manFlags(&b, "OPTIONS", c.NonInheritedFlags())
	manFlags(&b, "OPTIONS OF EVERY COMMAND", c.InheritedFlags())
	if !c.HasParent() {
		fmt.Fprintf(&b, ".SH EXIT STATUS\n.nf\n%s.fi\n.SH EXAMPLES\n.nf\n%s.fi\n", roff(exitText), roff(examplesText))
	}
	var also []string
	if c.HasParent() {
		also = append(also, strings.ReplaceAll(c.Parent().CommandPath(), " ", "-"))
	}
	for _, x := range withCommands(c)[1:] {
		if x.Parent() == c {
			also = append(also, strings.ReplaceAll(x.CommandPath(), " ", "-"))
		}
	}
	b.WriteString(".SH SEE ALSO\n")
	for i, x := range also {
		comma := ","
		if i == len(also)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, ".BR %s (1)%s\n", roff(x), comma)
	}
	return []byte(b.String())
}

// paragraphs sets texts; lines that begin with a space stay as they are.
func paragraphs(text string) string {
	var b strings.Builder
	for i, p := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if strings.HasPrefix(p, " ") {
			fmt.Fprintf(&b, ".nf\n%s\n.fi\n", roff(p))
			continue
		}
		b.WriteString(roff(p) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func manFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		what, usage := pflag.UnquoteUsage(f)
		term := "--" + f.Name
		if f.Shorthand != "" {
			term = "-" + f.Shorthand + ", " + term
		}
		if f.NoOptDefVal != "" && f.Value.Type() != "bool" {
			term += "[=" + what + "]"
		} else if what != "" {
			term += " " + what
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
			usage += " (" + f.DefValue + " if it is not given)"
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(term), roff(usage))
	})
}
