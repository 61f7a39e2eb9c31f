// Package bench holds benchmarks of the hosted kernel against what a Linux
// program would use in its place. Each runs its contestants in turn, again and
// again, so that what else the machine does hits all of them alike, and reports
// the median and the best of each, and the ratio of the bests:
//
//	go test -run '^$' -bench . ./internal/bench
//
// docs/performance.md has the targets and the figures.
package bench
