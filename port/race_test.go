//go:build race

package port_test

const race = true
