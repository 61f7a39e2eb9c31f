//go:build !linux && !darwin

package main

// There are no processes to look into here: every call says so itself.

func advice(bool) string { return "this program works on macOS and on Linux" }
func exists(int32) bool  { return true }
func ended(int32) bool   { return false }
