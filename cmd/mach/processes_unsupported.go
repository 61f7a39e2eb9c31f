//go:build !linux && !darwin

package main

import (
	"errors"
	"fmt"
)

func processes() ([]process, error) {
	return nil, fmt.Errorf("there is no Mach kernel here: %w", errors.ErrUnsupported)
}
