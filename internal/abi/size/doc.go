// Package size holds a test: what importing package mach costs a program.
package size
