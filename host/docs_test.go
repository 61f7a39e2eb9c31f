//go:build linux

package host_test

import (
	"go/ast"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/apitest"
)

func TestDocumentation(t *testing.T) { apitest.Documentation(t, 15) }

// Pitfall stale-statistics: host_statistics answers ordinary callers from a cache, and gives
// the same twice if it is asked too often. Who calls it says so.
func TestStalenessIsDocumented(t *testing.T) {
	stale := 0
	apitest.EachFunc(t, func(d *ast.FuncDecl, name, comment string) {
		for _, c := range apitest.Called(d) {
			if strings.HasPrefix(c, "HostStatistics") {
				stale++
				if !strings.Contains(comment, "See the package's remark on figures that may be old.") {
					t.Errorf("%s calls mach.%s and does not say that figures may be old", name, c)
				}
			}
		}
	})
	if stale != 3 {
		t.Errorf("%d functions call host_statistics", stale)
	}
}

func TestWaitingIsConditional(t *testing.T) { apitest.Waiting(t) }
