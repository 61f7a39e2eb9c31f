//go:build !linux && !darwin

package task

import (
	"context"
	"errors"
	"fmt"
)

func awaitExit(context.Context, int) error {
	return fmt.Errorf("task: wait for a process without its parent's wait: %w", errors.ErrUnsupported)
}
