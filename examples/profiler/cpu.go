package main

import (
	"debug/macho"
	"runtime"
)

// isOwn picks this computer's part of a file for several.
func isOwn(cpu macho.Cpu) bool {
	if runtime.GOARCH == "arm64" {
		return cpu == macho.CpuArm64
	}
	return cpu == macho.CpuAmd64
}
