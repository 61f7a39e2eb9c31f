package gen

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"sync"

	"github.com/gomach/mach/internal/abi"
)

// constant is a C constant with its Go form.
type constant struct {
	*abi.Constant
	C      string
	GoName string
	GoType string            // "" for an untyped constant
	Value  map[string]string // by GOARCH; one entry "" where both agree
	Expr   string            // computed from a size, instead of Value
}

// joinConstants joins both families. A Go name that two C constants share
// (X86_DEBUG_STATE32_COUNT and x86_DEBUG_STATE32_COUNT) is kept once: their
// values agree, or naming fails.
func (g *Gen) joinConstants() {
	g.consts = map[string]*constant{}
	arm, amd := g.arch["arm64"].Constants, g.arch["amd64"].Constants
	add := func(c string, k *abi.Constant, v map[string]string) {
		g.consts[c] = &constant{Constant: k, C: c, GoName: ConstName(c), GoType: g.constType(c, k), Value: v, Expr: g.countExpr(c, k)}
	}
	for c, k := range arm {
		v := map[string]string{"": literal(k)}
		if o := amd[c]; o != nil && literal(o) != literal(k) {
			v = map[string]string{"arm64": literal(k), "amd64": literal(o)}
		}
		add(c, k, v)
	}
	for c, k := range amd {
		if arm[c] == nil {
			add(c, k, map[string]string{"": literal(k)})
		}
	}
	// What the facts miss of the newest headers.
	for _, e := range abi.Errata {
		v, ok := e.Right.(int)
		if e.Kind != "constants" || e.Facts != nil || !ok {
			continue
		}
		k := &abi.Constant{Kind: "macro", Value: json.Number(fmt.Sprint(v)), Size: 4, Signed: true}
		k.Origin = abi.Origin{Header: "mach/port.h", SDK: abi.Trees[0], Seen: []string{abi.Trees[0]}}
		if o := arm[e.Name]; o != nil {
			k.Seen = append(k.Seen, o.Seen...)
			if literal(o) != literal(k) {
				k.Changed = map[string]json.RawMessage{o.SDK: json.RawMessage(o.Value), abi.Trees[0]: json.RawMessage(k.Value)}
			}
		}
		add(e.Name, k, map[string]string{"": literal(k)})
	}
}

// literal is the constant as a Go literal. An unsigned constant that the facts
// give as a negative number is the two's complement of its size.
func literal(k *abi.Constant) string {
	if k.String != nil {
		return fmt.Sprintf("%q", unescape(*k.String))
	}
	v, ok := new(big.Int).SetString(string(k.Value), 10)
	if !ok {
		return string(k.Value)
	}
	if v.Sign() < 0 && !k.Signed {
		v.Add(v, new(big.Int).Lsh(big.NewInt(1), uint(k.Size*8)))
	}
	if v.Cmp(big.NewInt(0xffff)) > 0 {
		return fmt.Sprintf("%#x", v)
	}
	return v.String()
}

var hexEscape = re(`\\([0-9A-F]{2})`)

// unescape undoes the \0A form that the compiler prints strings in.
func unescape(s string) string {
	return hexEscape().ReplaceAllStringFunc(s, func(m string) string {
		var b byte
		fmt.Sscanf(m[1:], "%X", &b)
		return string(rune(b))
	})
}

// constTypes gives constants the Go type that C means by them: the first rule
// whose pattern matches the C name wins. Constants without a rule are untyped.
var constTypes = []struct {
	pattern func() *regexp.Regexp
	typ     string
}{
	{re(`^(TRUE|FALSE)$`), "Boolean"},
	// Bounds and masks of an enumeration are no members of it.
	{re(`^(MACH_VOUCHER_ATTR_KEY_NUM_WELL_KNOWN|(TASK|THREAD)_FLAVOR_MAX|SYNC_POLICY_ORDER_MASK|MACH_MSG_TYPE_LAST)$`), ""},
	{re(`^KERN_(CODE|DATA)_SELECTOR$|^KERN_RETURN_MAX$`), ""},
	{re(`^KERN_|^MIG_[A-Z_]+(ERROR|MISMATCH|TYPE|ID|EXCEPTION|ARGUMENTS|REPLY|DIED|FAILURE|CORRECTED|LARGE)$|^MIG_NO_REPLY$|^MIG_EXCEPTION$|^MACH_MSG_SUCCESS$`), "KernReturn"},
	{re(`^MACH_(SEND|RCV)_(IN_PROGRESS|INVALID_[A-Z_]+|TIMED_OUT|INTERRUPTED|MSG_TOO_SMALL|NO_BUFFER|TOO_LARGE|HEADER_ERROR|BODY_ERROR|PORT_DIED|PORT_CHANGED|IN_SET|IN_PROGRESS_TIMED|MSG_FILTERED|AUX_[A-Z_]+|NO_GRANT_DEST|SCATTER_SMALL)$`), "KernReturn"},
	{re(`^BOOTSTRAP_(SUCCESS|NOT_PRIVILEGED|NAME_IN_USE|UNKNOWN_SERVICE|SERVICE_ACTIVE|BAD_COUNT|NO_MEMORY|NO_CHILDREN)$`), "KernReturn"},
	{re(`^BOOTSTRAP_STATUS_`), "BootstrapStatus"},
	{re(`^NETNAME_`), "KernReturn"},
	{re(`^MACH_PORT_RIGHT_`), "MachPortRight"},
	{re(`^MACH_PORT_TYPE_`), "MachPortType"},
	{re(`^(MACH_PORT_NULL|MACH_PORT_DEAD|MACH_VOUCHER_NULL|[A-Z_]+_NULL)$`), "MachPort"},
	{re(`^MACH_MSG_TYPE_`), "MachMsgTypeName"},
	{re(`^MACH_MSG_OPTION_NONE$|^MACH_(SEND|RCV)_(MSG|OVERRIDE|TIMEOUT|NOTIFY|INTERRUPT|CANCEL|ALWAYS|TRAILER|NOIMPORTANCE|NODENAP|IMPORTANCE|SYNC_OVERRIDE|PROPAGATE_QOS|SYNC_USE_THRPRI|KERNEL|SYNC_BOOTSTRAP_CHECKIN|LARGE|LARGE_IDENTITY|OVERWRITE|VOUCHER|GUARDED_DESC|SYNC_WAIT|SYNC_PEEK|STACK|BOOTSTRAP_CHECKIN)$|^MACH_MSG_STRICT_REPLY$`), "MachMsgOption"},
	{re(`^MACH_MSG_(PHYSICAL_COPY|VIRTUAL_COPY|ALLOCATE|OVERWRITE|KALLOC_COPY_T)$`), "MachMsgCopyOptions"},
	{re(`^MACH_MSG_(PORT|OOL|OOL_PORTS|OOL_VOLATILE|GUARDED_PORT)_DESCRIPTOR$`), "MachMsgDescriptorType"},
	{re(`^MACH_MSG_GUARD_FLAGS_`), "MachMsgGuardFlags"},
	{re(`^EXC_MASK_`), "ExceptionMask"},
	{re(`^EXC_(BAD_ACCESS|BAD_INSTRUCTION|ARITHMETIC|EMULATION|SOFTWARE|BREAKPOINT|SYSCALL|MACH_SYSCALL|RPC_ALERT|CRASH|RESOURCE|GUARD|CORPSE_NOTIFY)$|^FIRST_EXCEPTION$`), "ExceptionType"},
	{re(`^EXCEPTION_(DEFAULT|STATE|STATE_IDENTITY|IDENTITY_PROTECTED|STATE_IDENTITY_PROTECTED)$|^MACH_EXCEPTION_(CODES|ERRORS|BACKTRACE_PREFERRED|MASK)$`), "ExceptionBehavior"},
	{re(`^VM_PROT_`), "VMProt"},
	{re(`^VM_INHERIT_`), "VMInherit"},
	{re(`^VM_PURGABLE_(PURGE_ALL|SET_STATE|GET_STATE|SET_STATE_FROM_KERNEL)$`), "VMPurgable"},
	{re(`^VM_BEHAVIOR_`), "VMBehavior"},
	{re(`^VM_SYNC_`), "VMSync"},
	{re(`^MATTR_VAL_`), "VMMachineAttributeVal"},
	{re(`^MATTR_`), "VMMachineAttribute"},
	{re(`^VM_MEMORY_COUNT$`), ""},
	{re(`^VM_MEMORY_`), "VMMemory"},
	{re(`^SM_`), "ShareMode"},
	{re(`^(ARM|x86|i386)_[A-Z0-9_]*STATE[A-Z0-9_]*?(_COUNT|_MAX)$`), "MachMsgTypeNumber"},
	{re(`^(ARM|x86|i386)_[A-Z0-9_]*STATE[A-Z0-9_]*$|^THREAD_STATE_NONE$|^MACHINE_THREAD_STATE$|^THREAD_STATE_FLAVOR_LIST`), "ThreadStateFlavor"},
	{re(`_COUNT$|_COUNT_64$|_COUNT_OLD$`), "count"},
	{re(`^CPU_TYPE_`), "CPUType"},
	{re(`^CPU_SUBTYPE_(MASK|LIB64|PTRAUTH_ABI|ARM64_PTR_AUTH_MASK|INTEL_FAMILY_MAX|INTEL_MODEL_ALL)$`), ""},
	{re(`^CPU_SUBTYPE_`), "CPUSubtype"},
	{re(`^HOST_(BASIC_INFO|SCHED_INFO|RESOURCE_SIZES|PRIORITY_INFO|SEMAPHORE_TRAPS|MACH_MSG_TRAP|VM_PURGABLE|DEBUG_INFO_INTERNAL|CAN_HAS_DEBUGGER|PREFERRED_USER_ARCH|LOAD_INFO|VM_INFO|CPU_LOAD_INFO|VM_INFO64|EXTMOD_INFO64|EXPIRED_TASK_INFO)$`), "HostFlavor"},
	{re(`^TASK_(BASIC_INFO|BASIC_INFO_32|BASIC2_INFO_32|BASIC_INFO_64|BASIC_INFO_64_2|EVENTS_INFO|THREAD_TIMES_INFO|ABSOLUTETIME_INFO|KERNELMEMORY_INFO|SECURITY_TOKEN|AUDIT_TOKEN|AFFINITY_TAG_INFO|DYLD_INFO|EXTMOD_INFO|POWER_INFO|POWER_INFO_V2|VM_INFO|VM_INFO_PURGEABLE|TRACE_MEMORY_INFO|WAIT_STATE_INFO|FLAGS_INFO|DEBUG_INFO_INTERNAL|SUSPEND_STATS_INFO|SUSPEND_SOURCES_INFO|SECURITY_CONFIG_INFO|IPC_SPACE_POLICY_INFO|VM_INFO_PURGEABLE_ACCOUNT|EXC_GUARD_INFO)$|^MACH_TASK_BASIC_INFO$`), "TaskFlavor"},
	{re(`^THREAD_(BASIC_INFO|IDENTIFIER_INFO|EXTENDED_INFO|DEBUG_INFO_INTERNAL|SCHED_[A-Z]+_INFO)$`), "ThreadFlavor"},
	{re(`^PROCESSOR_(BASIC_INFO|CPU_LOAD_INFO|PM_REGS_INFO|TEMPERATURE|CPU_STAT|CPU_STAT64)$`), "ProcessorFlavor"},
	{re(`^PROCESSOR_SET_(BASIC_INFO|LOAD_INFO|TIMESHARE_[A-Z]+|FIFO_[A-Z]+|RR_[A-Z]+|ENABLED_POLICIES|TIMESHARE_LIMITS|ENABLED_ALL)$`), "ProcessorSetFlavor"},
	{re(`^THREAD_(STANDARD|EXTENDED|TIME_CONSTRAINT|PRECEDENCE|AFFINITY|BACKGROUND|LATENCY_QOS|THROUGHPUT_QOS|QOS)_POLICY$`), "ThreadPolicyFlavor"},
	{re(`^TASK_(CATEGORY|SUPPRESSION|STATE|BASE_QOS|OVERRIDE_QOS|BASE_LATENCY_QOS|BASE_THROUGHPUT_QOS)(_POLICY)?$|^TASK_POLICY_STATE$`), "TaskPolicyFlavor"},
	{re(`^TASK_(UNSPECIFIED|[A-Z_]*APPLICATION|CONTROL_APPLICATION|GRAPHICS_SERVER|RENICED|THROTTLE_APPLICATION|NONUI_APPLICATION|DEFAULT_APPLICATION|DARWINBG_APPLICATION|USER_INIT_APPLICATION)$`), "TaskRole"},
	{re(`^VM_REGION_(BASIC_INFO|BASIC_INFO_64|EXTENDED_INFO|TOP_INFO)$`), "VMRegionFlavor"},
	{re(`^VM_PAGE_INFO_BASIC$`), "VMPageInfoFlavor"},
	{re(`^MACH_PORT_(LIMITS_INFO|RECEIVE_STATUS|DNREQUESTS_SIZE|TEMPOWNER|IMPORTANCE_RECEIVER|DENAP_RECEIVER|INFO_EXT|GUARD_INFO|SERVICE_THROTTLED)$`), "MachPortFlavor"},
	{re(`^IPC_OTYPE_`), "IPCInfoObjectType"},
	{re(`^TASK_(KERNEL|HOST|NAME|BOOTSTRAP|INSPECT|READ|ACCESS|DEBUG_CONTROL|RESOURCE_NOTIFY)_PORT$`), "TaskSpecialPort"},
	{re(`^(SYSTEM|CALENDAR|REALTIME)_CLOCK$`), "ClockID"},
	{re(`^CLOCK_(GET_TIME_RES|ALARM_CURRES|ALARM_MINRES|ALARM_MAXRES)$`), "ClockFlavor"},
	{re(`^TIME_(ABSOLUTE|RELATIVE)$`), "AlarmType"},
	{re(`^SYNC_POLICY_`), "SyncPolicy"},
	{re(`^POLICY_(NULL|TIMESHARE|RR|FIFO)$`), "Policy"},
	{re(`^TASK_FLAVOR_`), "MachTaskFlavor"},
	{re(`^THREAD_FLAVOR_`), "MachThreadFlavor"},
	{re(`^MACH_VOUCHER_SELECTOR_`), "MachVoucherSelector"},
	{re(`^MACH_VOUCHER_ATTR_KEY_`), "MachVoucherAttrKey"},
}

// re is compiled when it is asked for: programs that only carry the table start at once.
func re(p string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(p) })
}

// constType is the Go type of a constant.
func (g *Gen) constType(c string, k *abi.Constant) string {
	if k.String != nil {
		return ""
	}
	for _, r := range constTypes {
		if !r.pattern().MatchString(c) {
			continue
		}
		switch r.typ {
		case "MachPort":
			if k.Size != 4 || k.Signed {
				return ""
			}
		case "count": // a count of words that goes with a struct
			if k.Signed || k.Size != 4 || strings.HasSuffix(c, "_MSG_COUNT") {
				return ""
			}
			return "MachMsgTypeNumber"
		case "ThreadStateFlavor":
			if strings.HasSuffix(c, "_COUNT") || strings.HasSuffix(c, "_MAX") {
				return ""
			}
		}
		return r.typ
	}
	return ""
}

// countOf names the struct behind a *_COUNT whose name does not tell.
var countOf = map[string]string{
	"HOST_VM_INFO": "vm_statistics", "HOST_VM_INFO_LATEST": "vm_statistics",
	"HOST_VM_INFO64": "vm_statistics64", "HOST_VM_INFO64_LATEST": "vm_statistics64",
	"HOST_EXTMOD_INFO64": "vm_extmod_statistics", "HOST_EXTMOD_INFO64_LATEST": "vm_extmod_statistics",
	"HOST_CAN_HAS_DEBUGGER": "host_can_has_debugger_info", "HOST_RESOURCE_SIZES": "kernel_resource_sizes",
	"HOST_VM_PURGABLE": "vm_purgeable_info", "TASK_VM_INFO_PURGEABLE": "vm_purgeable_info",
	"TASK_AUDIT_TOKEN": "audit_token_t", "TASK_SECURITY_TOKEN": "security_token_t",
	"ARM_SVE_Z_STATE":       "__darwin_arm_sve_z_state",
	"x86_INSTRUCTION_STATE": "__x86_instruction_state", "X86_INSTRUCTION_STATE": "__x86_instruction_state",
	"x86_LAST_BRANCH_STATE": "__last_branch_state", "X86_LAST_BRANCH_STATE": "__last_branch_state",
}

// countExpr computes a *_COUNT from the size of its struct: counts are in
// 32-bit words, and a literal would outlive the next change of the struct.
func (g *Gen) countExpr(c string, k *abi.Constant) string {
	base := c
	switch {
	case strings.HasSuffix(c, "_COUNT_64"):
		base = strings.TrimSuffix(c, "_COUNT_64") + "_64"
	case strings.HasSuffix(c, "_COUNT"):
		base = strings.TrimSuffix(c, "_COUNT")
	default:
		return ""
	}
	low := strings.ToLower(base)
	var r *record
	for _, try := range []string{countOf[base], low, low + "_t", low + "_data_t"} {
		if t := g.types[try]; t != nil {
			r = g.recordOf(t.Canonical)
		}
		if r == nil {
			r = g.records[try]
		}
		if r != nil {
			break
		}
	}
	if r == nil || k.Signed || fmt.Sprint(r.Size/4) != string(k.Value) {
		return ""
	}
	return fmt.Sprintf("MachMsgTypeNumber(unsafe.Sizeof(%s{}) / 4)", r.GoName)
}
