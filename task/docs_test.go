//go:build linux

package task_test

import (
	"testing"

	"github.com/gomach/mach/internal/apitest"
)

func TestDocumentation(t *testing.T) { apitest.Documentation(t, 15) }

func TestWaitingIsConditional(t *testing.T) { apitest.Waiting(t) }
