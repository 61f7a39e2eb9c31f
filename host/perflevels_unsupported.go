//go:build !darwin && !linux

package host

import (
	"errors"
	"fmt"
)

func performanceLevels() ([]PerformanceLevel, error) {
	return nil, fmt.Errorf("host: performance levels: %w", errors.ErrUnsupported)
}
