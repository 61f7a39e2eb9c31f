//go:build linux && (amd64 || arm64)

package proc

import "golang.org/x/sys/unix"

func gettid() int { return unix.Gettid() }
