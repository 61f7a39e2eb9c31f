//go:build !darwin || !cgo

// Command cgoprogram is for darwin, with cgo: see main.go.
package main

func main() {}
