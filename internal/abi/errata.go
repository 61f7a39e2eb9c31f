package abi

// Erratum is a place where the committed facts and the headers disagree, and
// the headers are right. The facts stand as they were delivered; a check that
// meets a difference accepts those listed here and no other.
type Erratum struct {
	Kind  string   // constants, types, records, functions or variables
	Name  string   // C name
	Key   string   // what differs, or "" if the facts lack the item in that tree
	Facts any      // what the facts say
	Right any      // what the headers say
	Archs []string // CPU families
	Why   string
}

const (
	whyAligned = "the record has an aligned attribute, which the facts leave out: they give the alignment of its fields"
	whyOwnName = "the 26.4 header defines it as a macro of its own name over an enumerator, which the facts take for no constant"
)

// Errata lists them all.
var Errata = []Erratum{
	{"records", "__darwin_arm_sme2_state", "align", 1, 4, []string{"arm64"}, whyAligned},
	{"records", "__darwin_arm_sme_za_state", "align", 1, 4, []string{"arm64"}, whyAligned},
	{"records", "__darwin_arm_sve_p_state", "align", 1, 4, []string{"arm64"}, whyAligned},
	{"records", "__darwin_arm_sve_z_state", "align", 1, 4, []string{"arm64"}, whyAligned},
	{"records", "processor_cpu_stat64", "align", 8, 4, []string{"arm64"}, whyAligned},

	{"constants", "MPO_PORT", "", nil, 0x0, Archs, whyOwnName},
	{"constants", "MPO_SERVICE_PORT", "", nil, 0x400, Archs, whyOwnName},
	{"constants", "MPO_CONNECTION_PORT", "", nil, 0x800, Archs, whyOwnName},
	{"constants", "MPO_REPLY_PORT", "", nil, 0x1000, Archs, whyOwnName},
	{"constants", "MPO_WEAK_REPLY_PORT", "", nil, 0x4000, Archs, whyOwnName},
	{"constants", "MPO_NOTIFICATION_PORT", "", nil, 0x4400, Archs, whyOwnName},
	{"constants", "MPO_EXCEPTION_PORT", "", nil, 0x8000, Archs, whyOwnName},
	{"constants", "MPO_CONNECTION_PORT_WITH_PORT_ARRAY", "", nil, 0x10000, Archs, whyOwnName},
}

// ErratumOf returns the erratum about an item, or nil.
func ErratumOf(kind, name, arch string) *Erratum {
	for i := range Errata {
		e := &Errata[i]
		if e.Kind != kind || e.Name != name {
			continue
		}
		for _, a := range e.Archs {
			if a == arch {
				return e
			}
		}
	}
	return nil
}

// Variadic lists the functions that take further arguments after those that
// the facts give, which have no key for it.
var Variadic = map[string]bool{"panic": true}
