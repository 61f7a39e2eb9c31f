package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/gen"
)

// errorInfo is what a code says.
type errorInfo struct {
	Code        int32    `json:"code"`
	Hex         string   `json:"hex"`
	Name        string   `json:"name"`
	Others      []string `json:"also,omitempty"` // names of the same value in other domains
	Text        string   `json:"text"`
	Description string   `json:"description,omitempty"`
	Domain      string   `json:"domain,omitempty"`
	System      int      `json:"system"`
	Subsystem   int      `json:"subsystem"`
	Within      int      `json:"within"`
	Errno       string   `json:"errno,omitempty"`
}

func errorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "error CODE",
		Short: "A kern_return_t in words",
		Long:  "error says what a kern_return_t, mach_msg_return_t or MIG code means. CODE is a\nnumber, decimal or hex, or a name such as KERN_INVALID_ADDRESS.",
		Args:  exactly("CODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := reference()
			if err != nil {
				return err
			}
			code, err := kernReturn(g, args[0])
			if err != nil {
				return err
			}
			x := describe(g, code)
			return emit(cmd, x, x.print)
		},
	}
}

// kernReturn is the code that is meant by a number or a name.
func kernReturn(g *gen.Gen, s string) (mach.KernReturn, error) {
	if !isNumber(s) {
		all := codes(g)
		found := named(all, s, constantNames)
		if len(found) == 0 {
			return 0, notFound(all, "code", s, constantNames)
		}
		v, err := number(found[0].Values["arm64"])
		return mach.KernReturn(v), err
	}
	v, err := number(s)
	if err == nil && (v < math.MinInt32 || v > math.MaxUint32) {
		err = &usageError{fmt.Errorf("%s does not fit into the 32 bits of a kern_return_t", s)}
	}
	return mach.KernReturn(uint32(v)), err
}

// codes are the constants that are codes.
func codes(g *gen.Gen) []gen.Constant {
	var out []gen.Constant
	for _, k := range g.Constants() {
		if k.Type == "KernReturn" {
			out = append(out, k)
		}
	}
	return out
}

func describe(g *gen.Gen, code mach.KernReturn) errorInfo {
	x := errorInfo{
		Code: int32(code), Hex: fmt.Sprintf("%#x", uint32(code)), Name: code.CName(), Text: code.Error(),
		Description: code.Description(), Domain: code.Domain(),
	}
	x.System, x.Subsystem, x.Within = code.Parts()
	for _, k := range codes(g) {
		if v, err := number(k.Values["arm64"]); err == nil && mach.KernReturn(v) == code && k.C != x.Name {
			x.Others = append(x.Others, k.C)
		}
	}
	if e := code.Errno(); e != 0 && code != 0 {
		x.Errno = e.Error()
	}
	return x
}

func (x errorInfo) print(w *printer) {
	w.line(x.Text)
	if x.Description != "" && x.Description != x.Text {
		w.line("  ", x.Description)
	}
	rows := [][]string{
		{"code", fmt.Sprintf("%d = %s", x.Code, x.Hex)},
		{"parts", fmt.Sprintf("system %d, subsystem %d, code %d", x.System, x.Subsystem, x.Within)},
	}
	if x.Domain != "" {
		rows = append(rows, []string{"domain", x.Domain})
	}
	if x.Errno != "" {
		rows = append(rows, []string{"errno", x.Errno})
	}
	for _, n := range x.Others {
		rows = append(rows, []string{"also", n + ", elsewhere"})
	}
	for _, r := range rows {
		w.line("  ", r[0], ": ", r[1])
	}
}
