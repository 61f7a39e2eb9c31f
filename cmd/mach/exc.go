package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
)

func excCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "exc",
		Short: "Mach exceptions",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("exc has no command %q; \"mach exc decode\" explains codes", args[0])}
			}
			return cmd.Help()
		},
	}
	c.AddCommand(excWatchCommand(), excDecodeCommand())
	return c
}

// decoded are the codes of an exception in words.
type decoded struct {
	Type     int32   `json:"type"`
	TypeName string  `json:"type_name"`
	Codes    []int64 `json:"codes"`
	CodeName string  `json:"code_name,omitempty"`
	CPU      string  `json:"cpu"`
	Text     string  `json:"text"`
}

func excDecodeCommand() *cobra.Command {
	var cpu string
	c := &cobra.Command{
		Use:   "decode TYPE CODE [SUBCODE]",
		Short: "The codes of an exception, as crash reports print them, in words",
		Long:  "decode says what the type and the codes of a Mach exception mean. TYPE is a name such\nas EXC_BAD_ACCESS or its number, CODE a name such as KERN_INVALID_ADDRESS or a number.\nMost codes are numbered for each kind of processor: --cpu says which one it was.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 3 {
				return exactly("TYPE", "CODE")(cmd, args)
			}
			return exactly("TYPE", "CODE", "SUBCODE")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := decode(args, cpu)
			if err != nil {
				return err
			}
			return emit(cmd, d, func(w *printer) {
				w.line(d.TypeName, ": ", d.Text)
				if d.CodeName != "" {
					w.line("code ", fmt.Sprintf("%#x", uint64(d.Codes[0])), " is ", d.CodeName, " on ", d.CPU)
				}
			})
		},
	}
	c.Flags().StringVar(&cpu, "cpu", "arm64", "the processor of the thread: arm64 or amd64")
	return c
}

func decode(args []string, cpu string) (decoded, error) {
	kinds := map[string]mach.CPUType{"arm64": mach.CPU_TYPE_ARM64, "amd64": mach.CPU_TYPE_X86_64, "x86_64": mach.CPU_TYPE_X86_64}
	kind, ok := kinds[cpu]
	if !ok {
		return decoded{}, &usageError{fmt.Errorf("--cpu is arm64 or amd64, not %q", cpu)}
	}
	var typ mach.ExceptionType
	if isNumber(args[0]) {
		v, err := number(args[0])
		if err != nil || int64(int32(v)) != v {
			return decoded{}, &usageError{fmt.Errorf("%s is no type of exceptions", args[0])}
		}
		typ = mach.ExceptionType(v)
	} else {
		t, err := mach.ParseExceptionType(strings.ToUpper(args[0]))
		if err != nil {
			return decoded{}, fmt.Errorf("%w: %w", err, errNotFound)
		}
		typ = t
	}
	e := exc.Exception{Type: typ}
	for i, s := range args[1:] {
		v, err := number(s)
		if err != nil && i == 0 {
			if v, err = exc.ParseCode(typ, s); err != nil {
				return decoded{}, fmt.Errorf("%w: %w", err, errNotFound)
			}
		}
		if err != nil {
			return decoded{}, err
		}
		e.Codes = append(e.Codes, v)
	}
	d := decoded{Type: int32(typ), TypeName: typ.String(), Codes: e.Codes, CPU: cpu, Text: fmt.Sprint(e.Detail())}
	switch typ {
	case mach.EXC_CRASH, mach.EXC_RESOURCE, mach.EXC_GUARD, mach.EXC_CORPSE_NOTIFY: // the code packs several things
	default:
		name := exc.CodeName(typ, kind, e.Codes[0])
		if !isNumber(name) {
			d.CodeName = name
		}
		// The texts of package exc name codes of the processor that they are built for.
		d.Text = strings.Replace(d.Text, exc.CodeName(typ, kinds[runtime.GOARCH], e.Codes[0]), name, 1)
	}
	return d, nil
}
