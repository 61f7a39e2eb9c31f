package exc

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/gomach/mach"
)

// Guard: EXC_GUARD, the process did what it had asked to be kept from.
//
// Header: <kern/exc_guard.h>.
type Guard struct {
	Guarded GuardType
	Flavor  int    // what was done to it, such as KGUARD_EXC_DESTROY; see FlavorName
	Target  uint32 // the port's name, the descriptor, the process...
	Subcode uint64 // the guard, or more about it
}

// GuardType is what was guarded, GUARD_TYPE_MACH_PORT and its like.
type GuardType int

var guardTypes = [...]name[GuardType]{
	{mach.GUARD_TYPE_NONE, "GUARD_TYPE_NONE"},
	{mach.GUARD_TYPE_MACH_PORT, "GUARD_TYPE_MACH_PORT"},
	{mach.GUARD_TYPE_FD, "GUARD_TYPE_FD"},
	{mach.GUARD_TYPE_USER, "GUARD_TYPE_USER"},
	{mach.GUARD_TYPE_VN, "GUARD_TYPE_VN"},
	{mach.GUARD_TYPE_VIRT_MEMORY, "GUARD_TYPE_VIRT_MEMORY"},
	{mach.GUARD_TYPE_REJECTED_SC, "GUARD_TYPE_REJECTED_SC"},
}

// String is the C name, or GuardType(n).
func (g GuardType) String() string { return nameIn(guardTypes[:], "GuardType", g) }

// ParseGuardType is the value of a C name, or of what String gives. Its error is
// a [*mach.UnknownNameError].
func ParseGuardType(s string) (GuardType, error) { return parseIn(guardTypes[:], "GuardType", s) }

// FlavorName is the C name of a flavor of EXC_GUARD for what g guards, such as
// kGUARD_EXC_DESTROY; several joined by "|" where the flavor is several bits;
// or a number in hex.
func (g GuardType) FlavorName(flavor int) string {
	if s := g.flavor(flavor); s != "" {
		return s
	}
	var names []string
	rest := uint(flavor)
	if g == mach.GUARD_TYPE_VIRT_MEMORY && rest&mach.KGUARD_EXC_MTE_SOFT_MODE != 0 {
		// A bit that goes with a number (xnu osfmk/mach/vm_statistics.h).
		rest &^= mach.KGUARD_EXC_MTE_SOFT_MODE
		if s := g.flavor(int(rest)); s != "" {
			return s + "|" + g.flavor(mach.KGUARD_EXC_MTE_SOFT_MODE)
		}
		return hex(int64(flavor))
	}
	for rest != 0 && (g == mach.GUARD_TYPE_FD || g == mach.GUARD_TYPE_VN) {
		bit := uint(1) << bits.TrailingZeros(rest)
		s := g.flavor(int(bit))
		if s == "" {
			break
		}
		names = append(names, s)
		rest &^= bit
	}
	if len(names) == 0 {
		return hex(int64(flavor))
	}
	if rest != 0 {
		names = append(names, hex(int64(rest)))
	}
	return strings.Join(names, "|")
}

// ParseFlavor is the flavor whose C name is s, or what [GuardType.FlavorName]
// gives. Its error is a [*mach.UnknownNameError].
func (g GuardType) ParseFlavor(s string) (int, error) {
	flavor := 0
words:
	for word := range strings.SplitSeq(s, "|") {
		word = strings.TrimSpace(word)
		for i := range guardFlavors {
			if f := &guardFlavors[i]; f.guarded == g && strings.EqualFold(f.name, word) {
				flavor |= f.value
				continue words
			}
		}
		n, err := strconv.ParseInt(word, 0, 32)
		if err != nil {
			return 0, &mach.UnknownNameError{Type: "flavor of " + g.String(), Text: s}
		}
		flavor |= int(n)
	}
	return flavor, nil
}

func (g GuardType) flavor(value int) string {
	for i := range guardFlavors {
		if f := &guardFlavors[i]; f.guarded == g && f.value == value {
			return f.name
		}
	}
	return ""
}

// FlavorName is the C name of the flavor; see [GuardType.FlavorName].
func (x Guard) FlavorName() string { return x.Guarded.FlavorName(x.Flavor) }

// String says what was done to what, with the words that the layout of that
// guard has in <kern/exc_guard.h>.
func (x Guard) String() string {
	switch x.Guarded {
	case mach.GUARD_TYPE_FD:
		return fmt.Sprintf("%v %s: descriptor %d, guard %#x", x.Guarded, x.FlavorName(), int32(x.Target), x.Subcode)
	case mach.GUARD_TYPE_VN:
		return fmt.Sprintf("%v %s: process %d, guard %#x", x.Guarded, x.FlavorName(), int32(x.Target), x.Subcode)
	case mach.GUARD_TYPE_MACH_PORT:
		return fmt.Sprintf("%v %s: port %#x, payload %#x", x.Guarded, x.FlavorName(), x.Target, x.Subcode)
	case mach.GUARD_TYPE_VIRT_MEMORY:
		return fmt.Sprintf("%v %s: offset %#x", x.Guarded, x.FlavorName(), x.Subcode)
	case mach.GUARD_TYPE_USER:
		return fmt.Sprintf("%v: %v", x.Guarded, ExitReason{ExitNamespace(x.Target), x.Subcode})
	case mach.GUARD_TYPE_REJECTED_SC:
		what := "system call"
		if x.Target != 0 {
			what = "Mach trap"
		}
		return fmt.Sprintf("%v: %s %d", x.Guarded, what, int64(x.Subcode))
	}
	return fmt.Sprintf("%v flavor %#x: target %#x, subcode %#x", x.Guarded, x.Flavor, x.Target, x.Subcode)
}
