#!/bin/sh
# Runs every test of all modules as darwin programs under darwinrun. What has no
# tests there runs on Linux only, as the emulator itself.
#
#   scripts/guests.sh [arm64|amd64]     one CPU; both if none is named
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"

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
PATH=$dir:$PATH
scripts/install.sh "$dir"
# Tools of the host are no programs for darwin: tests that need them say so and
# are left out here. All of them have run on the host.
unset MACH_REQUIRE_TOOLS
failed=
for cpu in $cpus; do
	say "darwin/$cpu"
	# Both ways that the go command has to find the runner are gone.
	case $cpu in
	arm64) exec="-exec=darwinrun" ;;
	amd64) exec= ;; # go_darwin_amd64_exec
	esac
	# -p 2: more would only wait for each other, and some tests measure time.
	# shellcheck disable=SC2086 # a flag or none
	go_test "darwin/$cpu" GOOS=darwin GOARCH=$cpu CGO_ENABLED=0 go test -json -p 2 -short -timeout 20m $exec work || failed="$failed $cpu"
	# What calls answer that break a guard and end the process by default.
	# shellcheck disable=SC2086
	go_test guards MACH_GUARDS=off GOOS=darwin GOARCH=$cpu CGO_ENABLED=0 go test -json -short -timeout 20m $exec ./conformance || failed="$failed $cpu"
done
[ -z "$failed" ] || {
	echo "guests.sh: tests fail on$failed" >&2
	exit 1
}
