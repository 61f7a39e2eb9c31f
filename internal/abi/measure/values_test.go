package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/abi/zig"
)

// macroCases pair a C expression with what the Go function answers. Add a row
// for each macro that becomes a function.
func macroCases() map[string]int64 {
	cases := map[string]int64{}
	for _, x := range []uint32{0, 1, 5, 0x3f, 0x40, 0xfff, 0x1234567, 0xffffffff} {
		c := func(macro string) string { return fmt.Sprintf("%s(%#xu)", macro, x) }
		cases[c("err_system")] = int64(mach.ErrSystem(x))
		cases["(int)"+c("err_sub")] = int64(mach.ErrSub(x))
		e := func(macro string) string { return fmt.Sprintf("%s((mach_error_t)%#xu)", macro, x) }
		cases[e("err_get_system")] = int64(mach.ErrGetSystem(mach.MachError_t(int32(x))))
		cases[e("err_get_sub")] = int64(mach.ErrGetSub(mach.MachError_t(int32(x))))
		cases[e("err_get_code")] = int64(mach.ErrGetCode(mach.MachError_t(int32(x))))
		if x < 0x4000 {
			cases["(int)"+c("unix_err")] = int64(mach.UnixErr(int32(x)))
			cases["(int)"+c("err_vm_reclaim")] = int64(mach.ErrVMReclaim(int32(x)))
		}
	}
	return cases
}

// The Go functions compute what clang folds the macros to.
func TestMacroValues(t *testing.T) {
	tc := zig.ForTest(t)
	ctx := context.Background()
	c := &clang{tc: tc, tree: tc.Headers, arch: "arm64"}
	prologue, err := c.prologue(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cases := macroCases()
	values, err := c.evaluate(ctx, prologue, sortedKeys(cases))
	if err != nil {
		t.Fatal(err)
	}
	for expr, got := range cases {
		want, ok := values[expr]
		if !ok {
			t.Errorf("%s is no constant expression in C", expr)
		} else if got != want.value {
			t.Errorf("%s is %#x in C, %#x in Go", expr, want.value, got)
		}
	}
}
