//go:build linux && (amd64 || arm64)

package linux

import (
	"slices"
	"testing"
)

func TestParseInterrupts(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []Interrupts
	}{
		"amd64": {`           CPU0       CPU2       
  24:          1          0  IO-APIC   5-edge      ACPI:Ged
 NMI:          0          0   Non-maskable interrupts
 LOC:        100        200   Local timer interrupts
 RES:          7          8   Rescheduling interrupts
 CAL:         10         20   Function call interrupts
 TLB:          1          2   TLB shootdowns
 ERR:          5
`, []Interrupts{{0, 119, 100, 18}, {2, 230, 200, 30}}},
		"arm64": {`            CPU0       CPU1       CPU2       
 11:         30         40         50     GICv3  27 Level     arch_timer
 13:          2          0          0     GICv3  33 Level     uart-pl011
IPI0:         3          4          5       Rescheduling interrupts
IPI1:         6          7          8       Function call interrupts
Err:          0
`, []Interrupts{{0, 41, 30, 9}, {1, 51, 40, 11}, {2, 63, 50, 13}}},
		"empty":   {"", nil},
		"strange": {"what is this\n 1: 2 3\n", nil},
	} {
		if got := ParseInterrupts([]byte(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	now, err := ReadInterrupts()
	if err != nil || len(now) == 0 || now[0].All == 0 {
		t.Errorf("%+v, %v", now, err)
	}
}
