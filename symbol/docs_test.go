//go:build linux

package symbol_test

import (
	"testing"

	"github.com/gomach/mach/internal/apitest"
)

func TestDocumentation(t *testing.T) { apitest.Documentation(t, 4) }
