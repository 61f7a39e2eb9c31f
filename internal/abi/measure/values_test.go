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
	for _, x := range []uint32{0, 1, 0x11, 0x1f, 0x20, 0x1513, 0x80111413, 0xb01f1f1f, 0xffffffff} {
		f := func(macro, typ string) string { return fmt.Sprintf("%s((%s)%#xu)", macro, typ, x) }
		cases[f("MACH_MSGH_BITS_REMOTE", "unsigned")] = int64(mach.MachMsghBitsRemote(x))
		cases[f("MACH_MSGH_BITS_LOCAL", "unsigned")] = int64(mach.MachMsghBitsLocal(x))
		cases[f("MACH_MSGH_BITS_VOUCHER", "unsigned")] = int64(mach.MachMsghBitsVoucher(x))
		cases[f("MACH_MSGH_BITS_PORTS", "unsigned")] = int64(mach.MachMsghBitsPorts(x))
		cases[f("MACH_MSGH_BITS_OTHER", "unsigned")] = int64(mach.MachMsghBitsOther(x))
		for macro, is := range map[string]func(mach.MachMsgBits) bool{
			"MACH_MSGH_BITS_HAS_REMOTE": mach.MachMsghBitsHasRemote, "MACH_MSGH_BITS_HAS_LOCAL": mach.MachMsghBitsHasLocal,
			"MACH_MSGH_BITS_HAS_VOUCHER": mach.MachMsghBitsHasVoucher, "MACH_MSGH_BITS_IS_COMPLEX": mach.MachMsghBitsIsComplex,
			"MACH_MSGH_BITS_RAISED_IMPORTANCE":          mach.MachMsghBitsRaisedImportance,
			"MACH_MSGH_BITS_HOLDS_IMPORTANCE_ASSERTION": mach.MachMsghBitsHoldsImportanceAssertion,
		} {
			cases[f(macro, "unsigned")] = truth(is(x))
		}
		for macro, is := range map[string]func(mach.MachMsgTypeName) bool{
			"MACH_MSG_TYPE_PORT_ANY": mach.MachMsgTypePortAny, "MACH_MSG_TYPE_PORT_ANY_SEND": mach.MachMsgTypePortAnySend,
			"MACH_MSG_TYPE_PORT_ANY_SEND_ONCE": mach.MachMsgTypePortAnySendOnce, "MACH_MSG_TYPE_PORT_ANY_RIGHT": mach.MachMsgTypePortAnyRight,
		} {
			cases[f(macro, "unsigned")] = truth(is(mach.MachMsgTypeName(x)))
		}
		cases[f("(unsigned)round_msg", "unsigned")] = int64(mach.RoundMsg(x))
		cases[f("(unsigned)MACH_RCV_TRAILER_TYPE", "unsigned")] = int64(uint32(mach.MachRcvTrailerType(x)))
		cases[f("(unsigned)MACH_RCV_TRAILER_ELEMENTS", "unsigned")] = int64(uint32(mach.MachRcvTrailerElements(x)))
		cases[f("MACH_PORT_INDEX", "unsigned")] = int64(mach.MachPortIndex(mach.MachPort(x)))
		cases[f("MACH_PORT_GEN", "unsigned")] = int64(mach.MachPortGen(mach.MachPort(x)))
		cases[f("MACH_PORT_VALID", "unsigned")] = truth(mach.MachPortValid(mach.MachPort(x)))
		cases[f("GET_MAP_MEM", "unsigned")] = int64(mach.GetMapMem(x))
		cases[f("BAD_ALRMTYPE", "int")] = truth(mach.BadAlrmtype(mach.AlarmType(x)))
		cases[f("invalid_policy", "int")] = truth(mach.InvalidPolicy(mach.Policy(x)))
		cases[f("valid_switch_option", "int")] = truth(mach.ValidSwitchOption(int32(x)))
		cases[f("GET_MZI_COLLECTABLE_BYTES", "unsigned long long")] = int64(mach.GetMziCollectableBytes(uint64(x)))
		cases[f("GET_MZI_COLLECTABLE_FLAG", "unsigned long long")] = int64(mach.GetMziCollectableFlag(uint64(x)))
		cases[f("VM_STATISTICS_TRUNCATE_TO_32_BIT", "unsigned long long")] = int64(mach.VMStatisticsTruncateTo32Bit(uint64(x)))
		cases[f("CPU_SUBTYPE_INTEL_FAMILY", "int")] = int64(mach.CPUSubtypeIntelFamily(mach.CPUSubtype(x)))
		cases[f("CPU_SUBTYPE_INTEL_MODEL", "int")] = int64(mach.CPUSubtypeIntelModel(mach.CPUSubtype(x)))
		cases[f("CPU_SUBTYPE_ARM64_PTR_AUTH_VERSION", "unsigned")] = int64(mach.CPUSubtypeArm64PtrAuthVersion(mach.CPUSubtype(x)))
		y := x >> 3
		g := func(macro string) string { return fmt.Sprintf("%s(%#xu, %#xu)", macro, x, y) }
		cases[g("MACH_PORT_MAKE")] = int64(mach.MachPortMake(x, y))
		cases["(unsigned)"+g("MPO_MAKE_PORT_TYPE")] = int64(mach.MpoMakePortType(x, y))
		cases[g("MACH_MSGH_BITS")] = int64(mach.MachMsghBits(mach.MachMsgTypeName(x), mach.MachMsgTypeName(y)))
		three := fmt.Sprintf("%#xu, %#xu, %#xu", x, y, x^y)
		cases["MACH_MSGH_BITS_SET_PORTS("+three+")"] = int64(mach.MachMsghBitsSetPorts(mach.MachMsgTypeName(x), mach.MachMsgTypeName(y), mach.MachMsgTypeName(x^y)))
		cases["MACH_MSGH_BITS_SET("+three+", 0x80808080u)"] = int64(mach.MachMsghBitsSet(mach.MachMsgTypeName(x), mach.MachMsgTypeName(y), mach.MachMsgTypeName(x^y), 0x80808080))
	}
	for x := range uint32(16) {
		option := x<<24 | 2
		cases[fmt.Sprintf("GET_RCV_ELEMENTS(%#x)", option)] = int64(mach.GetRcvElements(mach.MachMsgOption(option)))
		cases[fmt.Sprintf("REQUESTED_TRAILER_SIZE(%#x)", option)] = int64(mach.RequestedTrailerSize(mach.MachMsgOption(option)))
	}
	for right := mach.MachPortRight(0); right < mach.MACH_PORT_RIGHT_NUMBER; right++ {
		cases[fmt.Sprintf("MACH_PORT_TYPE(%d)", right)] = int64(mach.MachPortTypeOf(right))
	}
	for _, tag := range []mach.VMMemory{0, 1, 73, 127, 240, 255} {
		cases[fmt.Sprintf("(int)VM_MAKE_TAG(%du)", tag)] = int64(mach.VMMakeTag(tag))
	}
	cases["CPU_SUBTYPE_INTEL(6, 3)"] = int64(mach.CPUSubtypeIntel(6, 3))
	cases["MACH_CORE_FILEHEADER_V2_FLAGS_NEXT_KEY_FORMAT_TO_KEY_FORMAT(0x10101ull)"] = int64(mach.MachCoreFileheaderV2FlagsNextKeyFormatToKeyFormat(0x10101))
	return cases
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
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
