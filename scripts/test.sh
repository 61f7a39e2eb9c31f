#!/bin/sh
# The one test command: installs what is missing, then runs every check. It wants
# Debian with Go, as root or as a user who may use sudo.
#
#   scripts/test.sh          everything
#   scripts/test.sh quick    without race detector, guests and linux/arm64
#
# Where Debian's arm64 kernel cannot be had, linux/arm64 is left out, and the last
# line says so; with MACH_REQUIRE_ARM64=1 that is a failure.
set -eu
case ${1-} in
'' | quick) ;;
*)
	sed -n '2,9p' "$0" >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go 1.25 or newer is neither on PATH nor in /usr/local/go: install it first"
export CGO_ENABLED=0 GOFLAGS=-mod=readonly
began=$(date +%s)
part=0
parts=8
[ "${1-}" = quick ] && parts=4

# step says which part begins, and when.
step() {
	part=$((part + 1))
	say "$part/$parts $* ($((($(date +%s) - began) / 60)) min so far)"
}

step "tools"
scripts/setup.sh
# From here on a missing tool is a failure, not a reason to skip.
export MACH_REQUIRE_TOOLS=1

step "format, generated files"
files=$(git ls-files '*.go') || die "git cannot list the files: the checks want a git clone"
[ -n "$files" ] || die "git lists no Go files: the checks want a git clone"
wrong=$(printf '%s\n' "$files" | xargs gofmt -l) || die "gofmt failed"
[ -z "$wrong" ] || die "gofmt would change:
$wrong"
go run ./internal/gen/mkz -check
scripts/tidy.sh

step "builds for eight targets"
for t in darwin/arm64 darwin/amd64 linux/amd64 linux/arm64 windows/amd64 freebsd/amd64 ios/arm64 ios/amd64; do
	TARGET=$t ci/run.sh build
done

step "vet and tests"
go vet work # every module of go.work
go_test linux go test -json -timeout 20m work # of one package, on a slow machine

if [ "${1-}" != quick ]; then
	step "race detector"
	race=$(scripts/packages.sh race)
	[ -n "$race" ] || die "packages.sh names no packages for the race detector"
	# shellcheck disable=SC2086 # a list
	go_test race CGO_ENABLED=1 go test -json -race -short -timeout 20m $race

	step "staticcheck"
	scripts/staticcheck.sh

	step "guests of both CPUs"
	scripts/guests.sh

	step "linux/arm64"
	status=0
	scripts/arm64.sh quick || status=$?
	case $status in
	0) ;;
	77) [ "${MACH_REQUIRE_ARM64-}" != 1 ] || die "linux/arm64 could not be run" ; left_out=" but for linux/arm64, which could not be run" ;;
	*) die "linux/arm64 failed" ;;
	esac
fi
say "all passed in $((($(date +%s) - began) / 60)) min${left_out-}"
