package cause

import (
	"errors"
	"testing"
)

func TestReportKeepsTheLastOfEachPID(t *testing.T) {
	why := errors.New("why")
	for pid := range 3 * maxKept {
		Report(&Error{Kind: Busy, PID: pid, Err: why})
	}
	last := 3*maxKept - 1
	Report(&Error{Kind: OtherTracer, PID: last, Tracer: 7, Err: why})
	if e := Of(last); e == nil || e.Kind != OtherTracer || e.Tracer != 7 || !errors.Is(e, why) {
		t.Errorf("%+v", e)
	}
	if e := Of(0); e != nil {
		t.Errorf("the oldest is kept: %+v", e)
	}
	if n := len(kept.last); n != maxKept || len(kept.order) != n {
		t.Errorf("%d kept, %d in order", n, len(kept.order))
	}
	Clear(last)
	Clear(last)
	if e := Of(last); e != nil {
		t.Errorf("after Clear: %+v", e)
	}
	if n := len(kept.last); n != maxKept-1 || len(kept.order) != n {
		t.Errorf("%d kept, %d in order", n, len(kept.order))
	}
}
