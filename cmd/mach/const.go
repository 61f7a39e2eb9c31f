package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/internal/gen"
)

func constantNames(k gen.Constant) []string { return []string{k.C, k.Go} }

func constCommand() *cobra.Command {
	var header, typ string
	c := &cobra.Command{
		Use:   "const NAME|VALUE",
		Short: "A constant's value, or the constants that have a value",
		Long:  "const tells the value of a constant on both CPUs, by its name in C or Go, or all\nconstants that have a value. A name with * lists those that match.",
		Args:  exactly("NAME or VALUE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := reference()
			if err != nil {
				return err
			}
			found, err := constants(g.Constants(), args[0], header, typ)
			if err != nil {
				return err
			}
			return emit(cmd, found, func(w *printer) { printConstants(w, found) })
		},
	}
	c.Flags().StringVar(&header, "header", "", "only of the headers whose names have this in them")
	c.Flags().StringVar(&typ, "type", "", "only of this Go type, such as VMProt")
	return c
}

// constants finds them by name, pattern or value.
func constants(list []gen.Constant, want, header, typ string) ([]gen.Constant, error) {
	var all []gen.Constant
	for _, k := range list {
		if strings.Contains(k.Header, header) && (typ == "" || strings.EqualFold(k.Type, typ)) {
			all = append(all, k)
		}
	}
	var found []gen.Constant
	switch {
	case isNumber(want):
		v, err := number(want)
		if err != nil {
			return nil, err
		}
		for _, k := range all {
			if hasValue(k, v) {
				found = append(found, k)
			}
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no constant has the value %s: %w", want, errNotFound)
		}
		return found, nil
	case strings.Contains(want, "*"):
		for _, k := range all {
			if matches(strings.ToLower(want), strings.ToLower(k.C)) {
				found = append(found, k)
			}
		}
	default:
		found = named(all, want, constantNames)
	}
	if len(found) == 0 {
		return nil, notFound(all, "constant", want, constantNames)
	}
	return found, nil
}

// matches compares with a pattern whose stars stand for any text.
func matches(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	s, ok := strings.CutPrefix(s, parts[0])
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		ok = ok && i >= 0
		if !ok {
			return false
		}
		s = s[i+len(p):]
	}
	return ok && strings.HasSuffix(s, parts[len(parts)-1])
}

// hasValue compares with a value as it is, and as 32 bits without sign.
func hasValue(k gen.Constant, v int64) bool {
	for _, s := range k.Values {
		if x, err := number(s); err == nil && !k.Text && (x == v || x < 0 && int64(uint32(x)) == v) {
			return true
		}
	}
	return false
}

func printConstants(w *printer, found []gen.Constant) {
	var rows [][]string
	for _, k := range found {
		typ := k.Type
		if typ == "" {
			typ = "-"
		}
		rows = append(rows, []string{k.C, values(k), typ, "<" + k.Header + ">", goNote(k)})
	}
	w.table([]string{"NAME", ">VALUE", "GO TYPE", "HEADER", "NOTE"}, rows)
}

// values are the values on both CPUs, once if they agree.
func values(k gen.Constant) string {
	arm, amd := k.Values["arm64"], k.Values["amd64"]
	switch {
	case arm == amd:
		return both(arm)
	case arm == "":
		return both(amd) + " (amd64 only)"
	case amd == "":
		return both(arm) + " (arm64 only)"
	}
	return both(arm) + " (arm64), " + both(amd) + " (amd64)"
}

// both gives numbers above 9 in decimal and hex.
func both(literal string) string {
	v, err := number(literal)
	switch {
	case err != nil || -10 < v && v < 10:
		return literal
	case v < 0:
		return fmt.Sprintf("%d = %#x", v, uint32(v))
	}
	return fmt.Sprintf("%d = %#x", uint64(v), uint64(v))
}

func goNote(k gen.Constant) string {
	note := strings.ReplaceAll(k.Note, "\n", " ")
	if k.Go != k.C {
		note = strings.TrimSpace("Go: " + k.Go + ". " + note)
	}
	return note
}
