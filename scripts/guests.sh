#!/bin/sh
# Runs the tests as darwin programs under darwinrun: package mach, its waist, the conformance
# suite and the library packages.
#
#   scripts/guests.sh [arm64|amd64]     one CPU; both if none is named
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

case ${1-} in
'') cpus="arm64 amd64" ;;
arm64 | amd64) cpus=$1 ;;
*)
	sed -n '2,5p' "$0" >&2
	exit 2
	;;
esac

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/darwinrun" ./cmd/darwinrun
packages=". ./internal/libsystem ./conformance"
for d in port task host exc mig; do
	[ -d "$d" ] && packages="$packages ./$d/..."
done
failed=
for cpu in $cpus; do
	say "darwin/$cpu"
	# -p 1: the emulator keeps a processor busy, and some tests measure time.
	# shellcheck disable=SC2086 # a list
	GOOS=darwin GOARCH=$cpu CGO_ENABLED=0 go test -p 1 -short -timeout 180s -exec "$dir/darwinrun" $packages || failed="$failed $cpu"
done
[ -z "$failed" ] || {
	echo "guests.sh: tests fail on$failed" >&2
	exit 1
}
