package mach

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestStrings(t *testing.T) {
	for _, c := range []struct {
		v    fmt.Stringer
		want string
	}{
		{MACH_PORT_RIGHT_SEND_ONCE, "MACH_PORT_RIGHT_SEND_ONCE"},
		{MachPortRight(99), "MachPortRight(99)"},
		{MACH_PORT_TYPE_SEND_RECEIVE, "MACH_PORT_TYPE_SEND|MACH_PORT_TYPE_RECEIVE"},
		{MACH_PORT_TYPE_NONE, "MACH_PORT_TYPE_NONE"},
		{MACH_PORT_TYPE_DEAD_NAME | MACH_PORT_TYPE_DNREQUEST | 1, "MACH_PORT_TYPE_DEAD_NAME|MACH_PORT_TYPE_DNREQUEST|0x1"},
		{MACH_MSG_TYPE_PORT_SEND, "MACH_MSG_TYPE_MOVE_SEND"},
		{MACH_MSG_TYPE_POLYMORPHIC, "MACH_MSG_TYPE_POLYMORPHIC"},
		{MACH_SEND_MSG | MACH_SEND_TIMEOUT | MACH_RCV_MSG, "MACH_SEND_MSG|MACH_RCV_MSG|MACH_SEND_TIMEOUT"},
		{MachMsgOption(0), "MACH_MSG_OPTION_NONE"},
		{MACH_RCV_MSG | MachRcvTrailerElements(MACH_RCV_TRAILER_AUDIT), "MACH_RCV_MSG|MACH_RCV_TRAILER_ELEMENTS(3)"},
		{MachRcvTrailerElements(7), "MACH_RCV_TRAILER_ELEMENTS(7)"},
		{MachMsgOption(-1 << 31), "0x80000000"},
		{EXC_BAD_ACCESS, "EXC_BAD_ACCESS"},
		{FIRST_EXCEPTION, "EXC_BAD_ACCESS"},
		{ExceptionType(-1), "ExceptionType(-1)"},
		{EXC_MASK_BAD_ACCESS | EXC_MASK_CRASH, "EXC_MASK_BAD_ACCESS|EXC_MASK_CRASH"},
		{EXCEPTION_DEFAULT, "EXCEPTION_DEFAULT"},
		{EXCEPTION_STATE_IDENTITY | MACH_EXCEPTION_CODES, "EXCEPTION_STATE_IDENTITY|MACH_EXCEPTION_CODES"},
		{EXCEPTION_IDENTITY_PROTECTED | MACH_EXCEPTION_CODES | MACH_EXCEPTION_ERRORS, "EXCEPTION_IDENTITY_PROTECTED|MACH_EXCEPTION_ERRORS|MACH_EXCEPTION_CODES"},
		{ExceptionBehavior(77) | MACH_EXCEPTION_CODES, "ExceptionBehavior(77)|MACH_EXCEPTION_CODES"},
		{VM_PROT_DEFAULT, "VM_PROT_READ|VM_PROT_WRITE"},
		{VM_PROT_NONE, "VM_PROT_NONE"},
		{VM_PROT_ALL | VM_PROT_COPY, "VM_PROT_READ|VM_PROT_WRITE|VM_PROT_EXECUTE|VM_PROT_COPY"},
		{VM_INHERIT_DEFAULT, "VM_INHERIT_COPY"},
		{VM_PURGABLE_PURGE_ALL, "VM_PURGABLE_PURGE_ALL"},
		{VM_BEHAVIOR_LAST_VALID, "VM_BEHAVIOR_ZERO"},
		{VM_MEMORY_STACK, "VM_MEMORY_STACK"},
		{VM_MEMORY_CARBON, "VM_MEMORY_CORESERVICES"},
		{VMMemory(229), "VMMemory(229)"},
		{SM_COW, "SM_COW"},
		{ShareMode(255), "ShareMode(255)"},
		{CPU_TYPE_ARM64, "CPU_TYPE_ARM64"},
		{CPU_TYPE_I386, "CPU_TYPE_X86"},
		{CPUSubtype(2), "CPUSubtype(2)"},
		{REALTIME_CLOCK, "SYSTEM_CLOCK"},
		{CALENDAR_CLOCK, "CALENDAR_CLOCK"},
		{IPC_OTYPE_TASK_CONTROL, "IPC_OTYPE_TASK_CONTROL"},
		{IPC_OTYPE_UNKNOWN, "IPC_OTYPE_UNKNOWN"},
		{SYNC_POLICY_REVERSED, "SYNC_POLICY_LIFO"},
		{POLICY_RR, "POLICY_RR"},
		{MACH_VOUCHER_ATTR_KEY_BITS, "MACH_VOUCHER_ATTR_KEY_USER_DATA"},
		{HOST_BASIC_INFO, "HOST_BASIC_INFO/HOST_LOAD_INFO"},
		{HOST_VM_INFO, "HOST_VM_INFO"},
		{HOST_CAN_HAS_DEBUGGER, "HOST_CAN_HAS_DEBUGGER"},
		{HostFlavor(99), "HostFlavor(99)"},
		{MACH_TASK_BASIC_INFO, "MACH_TASK_BASIC_INFO"},
		{TASK_RENICED, "TASK_RENICED"},
		{THREAD_STANDARD_POLICY, "THREAD_EXTENDED_POLICY"},
		{PROCESSOR_CPU_LOAD_INFO, "PROCESSOR_CPU_LOAD_INFO"},
		{VM_SYNC_SYNCHRONOUS | VM_SYNC_INVALIDATE, "VM_SYNC_SYNCHRONOUS|VM_SYNC_INVALIDATE"},
		{THREAD_STATE_NONE, "THREAD_STATE_NONE"},
	} {
		if got := c.v.String(); got != c.want {
			t.Errorf("%T(%#x) is %q, want %q", c.v, c.v, got, c.want)
		}
	}
	if got := fmt.Sprint(EXC_CRASH); got != "EXC_CRASH" {
		t.Errorf("printed as %q", got)
	}
}

func TestFamilyNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{ARM_THREAD_STATE64.ARM(), "ARM_THREAD_STATE64"},
		{ThreadStateFlavor(6).X86(), "x86_EXCEPTION_STATE64"},
		{X86_THREAD_STATE64.X86(), "x86_THREAD_STATE64"},
		{ARM_THREAD_STATE.ARM(), "ARM_THREAD_STATE"},
		{ThreadStateFlavor(5).ARM(), "THREAD_STATE_NONE"},
		{ThreadStateFlavor(5).X86(), "x86_FLOAT_STATE64"},
		{ThreadStateFlavor(13).X86(), "THREAD_STATE_NONE"},
		{THREAD_STATE_FLAVOR_LIST.ARM(), "THREAD_STATE_FLAVOR_LIST"},
		{ThreadStateFlavor(99).ARM(), "ThreadStateFlavor(99)"},
		{CPUSubtype(2).Of(CPU_TYPE_ARM64), "CPU_SUBTYPE_ARM64E"},
		{CPUSubtype(-1<<31 | 2).Of(CPU_TYPE_ARM64), "CPU_SUBTYPE_ARM64E|CPU_SUBTYPE_PTRAUTH_ABI"},
		{CPUSubtype(0x01000002).Of(CPU_TYPE_ARM64), "CPU_SUBTYPE_ARM64E|0x1000000"},
		{CPUSubtype(-1<<31 | 3).Of(CPU_TYPE_X86_64), "CPU_SUBTYPE_X86_64_ALL|CPU_SUBTYPE_LIB64"},
		{CPUSubtype(3).Of(CPU_TYPE_X86), "CPU_SUBTYPE_I386_ALL"},
		{CPUSubtype(8).Of(CPU_TYPE_X86_64), "CPU_SUBTYPE_X86_64_H"},
		{CPUSubtype(8).Of(CPU_TYPE_POWERPC), "CPU_SUBTYPE_POWERPC_620"},
		{CPU_SUBTYPE_ANY.Of(CPU_TYPE_ARM64), "CPU_SUBTYPE_ANY"},
		{CPUSubtype(77).Of(CPU_TYPE_ARM64), "CPUSubtype(77)"},
		{HOST_BASIC_INFO.Info(), "HOST_BASIC_INFO"},
		{HOST_BASIC_INFO.Statistics(), "HOST_LOAD_INFO"},
		{HOST_VM_INFO64.Statistics(), "HOST_VM_INFO64"},
		{HOST_VM_INFO64.Info(), "HOST_RESOURCE_SIZES"},
		{HostFlavor(12).Statistics(), "HostFlavor(12)"},
		{(VM_PROT_READ | VM_PROT_EXECUTE).Short(), "r-x"},
		{VM_PROT_NONE.Short(), "---"},
		{(VM_PROT_ALL | VM_PROT_COPY).Short(), "rwx"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// parsers are the Parse functions by type; TestParseEveryName finds a type that
// is missing here.
var parsers = map[reflect.Type]func(string) (int64, error){}

func parser[T integer](f func(string) (T, error)) {
	parsers[reflect.TypeFor[T]()] = func(s string) (int64, error) { v, err := f(s); return int64(v), err }
}

func init() {
	parser(ParseAlarmType)
	parser(ParseBootstrapStatus)
	parser(ParseCPUSubtype)
	parser(ParseCPUType)
	parser(ParseClockFlavor)
	parser(ParseClockID)
	parser(ParseExceptionBehavior)
	parser(ParseExceptionMask)
	parser(ParseExceptionType)
	parser(ParseHostFlavor)
	parser(ParseIPCInfoObjectType)
	parser(ParseMachMsgCopyOptions)
	parser(ParseMachMsgDescriptorType)
	parser(ParseMachMsgGuardFlags)
	parser(ParseMachMsgOption)
	parser(ParseMachMsgTypeName)
	parser(ParseMachPortFlavor)
	parser(ParseMachPortRight)
	parser(ParseMachPortType)
	parser(ParseMachTaskFlavor)
	parser(ParseMachThreadFlavor)
	parser(ParseMachVoucherAttrKey)
	parser(ParseMachVoucherSelector)
	parser(ParsePolicy)
	parser(ParseProcessorFlavor)
	parser(ParseProcessorSetFlavor)
	parser(ParseShareMode)
	parser(ParseSyncPolicy)
	parser(ParseTaskFlavor)
	parser(ParseTaskPolicyFlavor)
	parser(ParseTaskRole)
	parser(ParseTaskSpecialPort)
	parser(ParseThreadFlavor)
	parser(ParseThreadPolicyFlavor)
	parser(ParseThreadStateFlavor)
	parser(ParseVMBehavior)
	parser(ParseVMInherit)
	parser(ParseVMMachineAttribute)
	parser(ParseVMMachineAttributeVal)
	parser(ParseVMMemory)
	parser(ParseVMPageInfoFlavor)
	parser(ParseVMProt)
	parser(ParseVMPurgable)
	parser(ParseVMRegionFlavor)
	parser(ParseVMSync)
}

// Every constant of a type with names parses from its C name and from its Go
// name, and what String makes of it parses back.
func TestParseEveryName(t *testing.T) {
	src, err := os.ReadFile("zconstants.go")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]reflect.Type{}
	for typ := range parsers {
		types[typ.Name()] = typ
	}
	n := 0
	for _, f := range regexp.MustCompile(`(?m)^\t(\w+)\s+([A-Z]\w+)\s+= (.+)$`).FindAllStringSubmatch(string(src), -1) {
		name, typeName, value := f[1], f[2], f[3]
		typ, ok := types[typeName]
		if !ok {
			switch typeName {
			case "KernReturn", "MachPort", "MachMsgTypeNumber", "Boolean":
				continue
			}
			t.Errorf("%s: no Parse function for %s is tested", name, typeName)
			continue
		}
		value, negative := strings.CutSuffix(value, " - 1<<32")
		want, err := strconv.ParseInt(value, 0, 64)
		if err != nil {
			t.Fatalf("%s = %s: %v", name, value, err)
		}
		if negative {
			want -= 1 << 32
		}
		got, err := parsers[typ](name)
		if err != nil || got != want {
			t.Errorf("%s parses as %d, %v; want %d", name, got, err, want)
		}
		v := reflect.New(typ).Elem()
		if v.CanInt() {
			v.SetInt(want)
		} else {
			v.SetUint(uint64(want))
		}
		text := fmt.Sprint(v.Interface())
		if back, err := parsers[typ](text); err != nil || back != want {
			t.Errorf("%s prints as %q, which parses as %d, %v", name, text, back, err)
		}
		n++
	}
	if n < 600 {
		t.Errorf("only %d constants tried", n)
	}
	for typ, parse := range parsers {
		for _, bad := range []string{"", "NO_SUCH_NAME", typ.Name() + "(x)", "0x", "99999999999", "A||B"} {
			if v, err := parse(bad); err == nil {
				t.Errorf("Parse%s(%q) = %d", typ.Name(), bad, v)
			}
		}
	}
}

func TestParse(t *testing.T) {
	if v, err := ParseExceptionMask("EXC_MASK_BAD_ACCESS | EXC_MASK_CRASH|0x10000"); err != nil || v != EXC_MASK_BAD_ACCESS|EXC_MASK_CRASH|0x10000 {
		t.Errorf("mask: %v, %v", v, err)
	}
	if v, err := ParseExceptionMask("EXC_MASK_ALL"); err != nil || v != EXC_MASK_ALL {
		t.Errorf("all: %v, %v", v, err)
	}
	if v, err := ParseVMProt("r-x"); err != nil || v != VM_PROT_READ|VM_PROT_EXECUTE {
		t.Errorf("r-x: %v, %v", v, err)
	}
	if v, err := ParseVMProt("xwr"); err == nil {
		t.Errorf("xwr: %v", v)
	}
	if v, err := ParseMachMsgOption("MACH_RCV_MSG|MACH_RCV_TRAILER_ELEMENTS(3)"); err != nil || v != MACH_RCV_MSG|3<<24 {
		t.Errorf("trailer: %v, %v", v, err)
	}
	for _, s := range []string{"MACH_RCV_TRAILER_ELEMENTS(16)", "MACH_RCV_TRAILER_ELEMENTS(-1)", "MACH_RCV_TRAILER_ELEMENTS("} {
		if v, err := ParseMachMsgOption(s); err == nil {
			t.Errorf("%s: %v", s, v)
		}
	}
	if v, err := ParseCPUSubtype("CPU_SUBTYPE_ARM64E|CPU_SUBTYPE_PTRAUTH_ABI"); err != nil || v != -1<<31|2 {
		t.Errorf("subtype: %v, %v", v, err)
	}
	if _, err := ParseHostFlavor("HOST_BASIC_INFO/HOST_VM_INFO"); err == nil {
		t.Error("two flavors of different numbers parse as one")
	}
	if _, err := ParseExceptionType("EXC_NONE"); err == nil || err.Error() != `mach: "EXC_NONE" is no ExceptionType` {
		t.Errorf("error: %v", err)
	}
	if v, err := ParseShareMode("256"); err == nil {
		t.Errorf("256 is share mode %v", v)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("EXC_MASK_ALL|1", int32(5))
	f.Add("r-x", int32(-1))
	f.Fuzz(func(t *testing.T, s string, n int32) {
		for typ, parse := range parsers {
			if v, err := parse(s); err == nil {
				if again, err := parse(s); err != nil || again != v {
					t.Errorf("%s: %q parses as %d and then as %d, %v", typ, s, v, again, err)
				}
			}
			v := reflect.New(typ).Elem()
			if v.CanInt() {
				v.SetInt(int64(n))
			} else {
				v.SetUint(uint64(uint32(n)))
			}
			want := v.Convert(reflect.TypeFor[int64]()).Int()
			text := fmt.Sprint(v.Interface())
			if back, err := parse(text); err != nil || back != want {
				t.Errorf("%s(%d) prints as %q, which parses as %d, %v", typ, want, text, back, err)
			}
		}
	})
}
