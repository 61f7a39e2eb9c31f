package port

import (
	"testing"
	"time"

	"github.com/gomach/mach/internal/leak"
)

// leakCheck is porttest.LeakCheck for tests inside the package, which cannot
// import it.
func leakCheck(t *testing.T) {
	t.Helper()
	leak.Check(t, CloseIdleReplyPorts, 5*time.Second)
}
