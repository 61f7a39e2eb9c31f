package host

import (
	"errors"
	"fmt"
	"os"

	"github.com/gomach/mach/internal/perflevel"
)

func performanceLevels() ([]PerformanceLevel, error) {
	levels := perflevel.Read(os.DirFS("/sys"))
	if len(levels) == 0 {
		return nil, fmt.Errorf("host: /sys does not tell the kinds of cores: %w", errors.ErrUnsupported)
	}
	list := make([]PerformanceLevel, len(levels))
	for i, l := range levels {
		list[i] = PerformanceLevel{
			Name: l.Name, PhysicalCPUs: l.Physical, PhysicalMax: l.PhysicalMax, LogicalCPUs: l.Logical, LogicalMax: l.LogicalMax,
			L1Instruction: l.L1I, L1Data: l.L1D, L2: l.L2, L3: l.L3, CPUsPerL2: l.CPUsPerL2, CPUsPerL3: l.CPUsPerL3,
		}
	}
	return list, nil
}
