#!/bin/sh
# Installs what the tests need and this machine lacks: gcc (test programs),
# libunicorn2 (the emulator under darwinrun), gdb-multiarch (a debugger for its
# guests, with gdb, a peer in a benchmark), lld-16 (a linker that writes chained
# fixups) and Zig by way of npm (C for darwin, with Apple's headers). Idempotent.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
command -v go >/dev/null || {
	echo "Go 1.25 or newer must be installed and on PATH" >&2
	exit 1
}
have_command gcc gcc
need libc6-dev libunicorn2 gdb-multiarch
# Only some releases of Debian have this one; its test skips without it.
if apt-cache show lld-16 >/dev/null 2>&1; then need lld-16; fi
have_command npm npm
scripts/zig.sh >/dev/null
go mod download
