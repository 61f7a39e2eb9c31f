// Package fake is a substrate for tests: tasks that are no processes, with one
// thread each and memory that is a map of pages. The kernel's own rules can be
// tried on it quickly, in any number of tasks, without a system below.
package fake
