//go:build !linux && !darwin

package main

// There are no processes to look into here: every call says so itself.

func exists(int32) bool { return true }
func ended(int32) bool  { return false }
