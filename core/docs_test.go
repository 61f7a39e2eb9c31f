//go:build linux

package core_test

import (
	"testing"

	"github.com/gomach/mach/internal/apitest"
)

func TestDocumentation(t *testing.T) { apitest.Documentation(t, 12) }
