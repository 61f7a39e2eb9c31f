package exc

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/abi"
)

// trapNumbers are the names that <mach/i386/exception.h> gives to x86's traps,
// which the kernel puts into no exception (xnu osfmk/i386/trap.c, user_trap).
var trapNumbers = strings.Fields(`EXC_I386_DIVERR EXC_I386_SGLSTP EXC_I386_NMIFLT EXC_I386_BPTFLT
	EXC_I386_INTOFLT EXC_I386_BOUNDFLT EXC_I386_INVOPFLT EXC_I386_NOEXTFLT EXC_I386_DBLFLT
	EXC_I386_EXTOVRFLT EXC_I386_EXTERRFLT EXC_I386_ENDPERR EXC_I386_ENOEXTFLT`)

// Every code and flavor that the headers have is in the tables, by the value
// that was measured.
func TestTablesHoldTheFacts(t *testing.T) {
	inCodes := func(name string, value int64) bool {
		for _, c := range codes {
			if c.name == name {
				return c.value == value
			}
		}
		return slices.Contains(trapNumbers, name)
	}
	guarded := map[string]GuardType{"mach/port.h": mach.GUARD_TYPE_MACH_PORT, "mach/vm_statistics.h": mach.GUARD_TYPE_VIRT_MEMORY}
	seen := 0
	for _, arch := range []string{"amd64", "arm64"} {
		facts, err := abi.Load(arch)
		if err != nil {
			t.Fatal(err)
		}
		for name, k := range facts.Constants {
			value, err := k.Value.Int64()
			if err != nil {
				continue
			}
			switch {
			case strings.HasPrefix(name, "EXC_I386_"), strings.HasPrefix(name, "EXC_ARM_"), name == "EXC_SOFT_SIGNAL":
				if seen++; !inCodes(name, value) {
					t.Errorf("%s = %d is not in codes", name, value)
				}
			case strings.HasPrefix(name, "kGUARD_EXC_"):
				g := guarded[k.Header]
				if seen++; g == 0 {
					t.Errorf("%s of <%s>: what does it guard?", name, k.Header)
				} else if v, err := g.ParseFlavor(name); err != nil || int64(v) != value {
					t.Errorf("%v: %s is %d, %v; want %d", g, name, v, err, value)
				} else if text := g.FlavorName(v); !strings.HasPrefix(text, "kGUARD_EXC_") {
					t.Errorf("%v: flavor %d has no name: %s", g, v, text)
				}
			}
		}
	}
	if seen < 150 {
		t.Errorf("only %d constants were compared", seen)
	}
}

// What a name says is what it parses to, in every table.
func TestNamesBothWays(t *testing.T) {
	for _, c := range codes {
		cpu := mach.CPUType(mach.CPU_TYPE_X86_64)
		if c.family == arm {
			cpu = mach.CPU_TYPE_ARM64
		}
		if s := CodeName(c.typ, cpu, c.value); s != c.name {
			t.Errorf("%v %d on %v is %s, want %s", c.typ, c.value, cpu, s, c.name)
		}
		if v, err := ParseCode(c.typ, c.name); v != c.value || err != nil {
			t.Errorf("%s is %d, %v", c.name, v, err)
		}
	}
	for _, v := range kernCodes {
		s := CodeName(mach.EXC_BAD_ACCESS, mach.CPU_TYPE_ARM64, int64(v))
		if got, err := ParseCode(mach.EXC_BAD_ACCESS, s); got != int64(v) || err != nil || !strings.HasPrefix(s, "KERN_") {
			t.Errorf("%s is %d, %v", s, got, err)
		}
	}
	for _, f := range guardFlavors {
		if f.guarded == mach.GUARD_TYPE_MACH_PORT && f.value == 1<<23 {
			continue // an older value of a name, which parses to the newest
		}
		if v, err := f.guarded.ParseFlavor(f.guarded.FlavorName(f.value)); v&f.value == 0 && f.value != 0 || err != nil {
			t.Errorf("%s is %d, %v", f.name, v, err)
		}
	}
	for _, r := range resources {
		if v, err := ParseResourceType(r.typ.String()); v != r.typ || err != nil || r.typ.String() != r.name || r.typ.Unit() == "" {
			t.Errorf("%s is %d, %v", r.name, v, err)
		}
		for _, f := range r.flavors {
			if v, err := r.typ.ParseFlavor(f.text); v != f.value || err != nil || r.typ.FlavorName(v) != f.text {
				t.Errorf("%s is %d, %v", f.text, v, err)
			}
		}
	}
	bothWays(t, signals[:], ParseSignal)
	bothWays(t, guardTypes[:], ParseGuardType)
	bothWays(t, exitNamespaces[:], ParseExitNamespace)
}

func bothWays[T interface {
	~int | ~uint32
	String() string
}](t *testing.T, names []name[T], parse func(string) (T, error)) {
	t.Helper()
	for _, n := range names {
		if v, err := parse(strings.ToLower(n.text)); v != n.value || err != nil {
			t.Errorf("%s is %v, %v", n.text, v, err)
		}
		if v, err := parse(n.value.String()); v != n.value || err != nil {
			t.Errorf("%v is %v, %v", n.value, v, err)
		}
	}
	unknown := T(12345)
	if v, err := parse(unknown.String()); v != unknown || err != nil {
		t.Errorf("%v is %v, %v", unknown, v, err)
	}
	if v, err := parse("nonsense"); err == nil {
		t.Errorf("nonsense is %v", v)
	}
}
