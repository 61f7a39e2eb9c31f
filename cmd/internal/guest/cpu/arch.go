package cpu

// Unicorn's numbers, from its public headers (arm64.h, x86.h, unicorn.h).
const (
	ucArchARM64 = 2
	ucArchX86   = 4
	ucModeARM   = 0
	ucMode64    = 8
	ucModelMax  = 3  // UC_CPU_ARM64_MAX: large-system atomics, AES, SHA
	ucModelHsw  = 19 // UC_CPU_X86_HASWELL
)

func span(first int32, n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = first + int32(i)
	}
	return s
}
