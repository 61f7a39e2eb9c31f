#!/bin/sh
# Builds, checks and tests one target.
#
#   TARGET=darwin/arm64 [GO_VERSION=1.25.0] ci/run.sh [build]
#
# With "build" it only compiles and vets. Otherwise it runs the tests too if
# this machine can run them: natively, or for darwin under darwinrun on Linux.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
: "${TARGET:=$(go env GOOS)/$(go env GOARCH)}"
[ -z "${GO_VERSION-}" ] || export GOTOOLCHAIN="go$GO_VERSION"
export GOOS="${TARGET%/*}" GOARCH="${TARGET#*/}" CGO_ENABLED=0
host=$(env -u GOOS -u GOARCH go env GOOS)/$(env -u GOOS -u GOARCH go env GOARCH)

library=$(env -u GOOS -u GOARCH scripts/packages.sh library)
case $TARGET in
linux/* | darwin/*) packages=work ;; # every module of go.work
*) packages=$library ;; # programs for ios need an external linker; the rest is a library there
esac

# vet compiles what packages import and checks the rest, tests too. Building all
# would link each program as well, which takes longer than everything else here.
# shellcheck disable=SC2086 # lists
for tags in none mach_unstable mach_profile; do
	go build -tags "$tags" $library
done
# Without optimisation, as debuggers want it.
# shellcheck disable=SC2086
go build -gcflags='github.com/gomach/mach/...=-N -l' $library
# shellcheck disable=SC2086
case $TARGET in
ios/*) ;; # go vet wants to link test binaries
*) go vet $packages ;;
esac
# Where programs can be linked here, one is: only the linker looks whether what may
# not grow the stack fits.
case $TARGET in
linux/* | darwin/*)
	for tags in none mach_profile; do
		go build -tags "$tags" -gcflags='github.com/gomach/mach/...=-N -l' -o /dev/null ./examples/dump_process_registers
	done
	;;
esac
echo "$TARGET builds"
[ "${1-}" = build ] && exit 0

case $TARGET in
"$host") go test work ;;
darwin/*)
	case $host in
	linux/*) scripts/guests.sh "$GOARCH" ;;
	*) echo "$TARGET: nothing here can run its tests" ;;
	esac
	;;
*) echo "$TARGET: nothing here can run its tests" ;;
esac
