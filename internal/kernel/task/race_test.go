//go:build race

package task_test

// raceDetector says that the tests run with the race detector, whose locks a
// held thread may have.
const raceDetector = true
