//go:build !linux

package main

import "syscall"

// endsWithUs: only Linux has that.
func endsWithUs() *syscall.SysProcAttr { return nil }
