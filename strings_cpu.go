package mach

import "strconv"

// String is the subtype as a number: its name depends on the CPU type. See
// [CPUSubtype.Of].
func (v CPUSubtype) String() string { return "CPUSubtype(" + strconv.Itoa(int(v)) + ")" }

// Of is the C name of the subtype of CPU type t, joined by "|" with the
// capabilities of its upper byte, or what String gives.
func (v CPUSubtype) Of(t CPUType) string {
	const capabilities = CPU_SUBTYPE_MASK
	bits := bitsOf(v)
	plain := v
	if v >= 0 || bits&0x7f000000 != 0x7f000000 { // not CPU_SUBTYPE_ANY
		plain = CPUSubtype(bits &^ capabilities)
	}
	name := ""
	for i := range namesCPUSubtype {
		if n := &namesCPUSubtype[i]; n.value == int64(plain) && (n.cpu == t || n.cpu == CPU_TYPE_ANY && plain == CPU_SUBTYPE_ANY) {
			name = n.name
			break
		}
	}
	if name == "" {
		return v.String()
	}
	caps := bits & capabilities
	if plain == v || caps == 0 {
		return name
	}
	arm64 := t == CPU_TYPE_ARM64
	if high := uint32(CPU_SUBTYPE_LIB64); caps&high != 0 {
		caps &^= high
		if arm64 {
			name += "|CPU_SUBTYPE_PTRAUTH_ABI"
		} else {
			name += "|CPU_SUBTYPE_LIB64"
		}
	}
	if caps != 0 {
		name += "|0x" + strconv.FormatUint(uint64(caps), 16)
	}
	return name
}

// ParseCPUSubtype is the value of a C name, of whatever CPU type, with
// capabilities joined by "|".
func ParseCPUSubtype(s string) (CPUSubtype, error) {
	table := make([]named, 0, len(namesCPUSubtype)+2)
	for _, n := range namesCPUSubtype {
		table = append(table, named{n.value, n.name})
	}
	lib64 := uint32(CPU_SUBTYPE_LIB64)
	table = append(table, named{int64(int32(lib64)), "CPU_SUBTYPE_LIB64"}, named{int64(int32(lib64)), "CPU_SUBTYPE_PTRAUTH_ABI"})
	return parseFlags[CPUSubtype](table, "CPUSubtype", s)
}

// namedCPU is a named constant of one CPU type.
type namedCPU struct {
	cpu   CPUType
	value int64
	name  string
}
