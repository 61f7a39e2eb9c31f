#!/bin/sh
# Installs what the tests need and this machine lacks: git, gcc (test programs),
# libunicorn2 (the emulator under darwinrun), gdb-multiarch (a debugger for its
# guests, with gdb, a peer in a benchmark), lld-16 (a linker that writes chained
# fixups), qemu-system-arm and cpio (a machine with an arm64 Linux) and Zig by way
# of npm (C for darwin, with Apple's headers). Idempotent.
# Packages want root, or a user who may use sudo.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go 1.25 or newer is neither on PATH nor in /usr/local/go: install it first"
want_command git git
want_command gcc gcc
want_command npm npm
want libc6-dev libunicorn2 gdb-multiarch qemu-system-arm cpio ca-certificates
# Only some releases of Debian have this one; its test skips without it.
if [ "$(apt-cache show lld-16 2>/dev/null)" ]; then want lld-16; fi
install_wanted
# On an empty machine the packages are known only now.
if [ "$(apt-cache show lld-16 2>/dev/null)" ]; then want lld-16; fi
install_wanted
scripts/zig.sh >/dev/null
say "Go modules"
go mod download
