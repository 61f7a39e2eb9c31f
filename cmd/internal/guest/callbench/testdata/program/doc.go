//go:build !darwin

// Command program is for darwin: see main_darwin.go.
package main

func main() {}
