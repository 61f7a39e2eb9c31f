package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A contestant does the same work as the others of its contest, once.
type contestant struct {
	name string
	run  func()
}

// contest lets all take turns, and reports each one's median and best in µs and
// the ratio of its best to that of the first, which is ours. More than 1 is
// slower than ours. The best is what other programs on the machine change least.
func contest(b *testing.B, all ...contestant) {
	b.Helper()
	for _, c := range all {
		c.run() // what is made at first use is there afterwards
	}
	times := make([][]time.Duration, len(all))
	for b.Loop() {
		for i, c := range all {
			begin := time.Now()
			c.run()
			times[i] = append(times[i], time.Since(begin))
		}
	}
	b.ReportMetric(0, "ns/op") // of all together: of no use
	ours := slices.Min(times[0])
	for i, c := range all {
		best := slices.Min(times[i])
		b.ReportMetric(float64(best.Nanoseconds())/1e3, "best-µs/"+c.name)
		b.ReportMetric(float64(median(times[i]).Nanoseconds())/1e3, "µs/"+c.name)
		if i > 0 {
			b.ReportMetric(float64(best)/float64(ours), fmt.Sprintf("%s/%s", c.name, all[0].name))
		}
	}
}

func median[T int | time.Duration](v []T) T {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}
