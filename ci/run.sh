#!/bin/sh
# Builds, checks and tests one target.
#
#   TARGET=darwin/arm64 [GO_VERSION=1.25.0] ci/run.sh [build]
#
# With "build" it only compiles and vets. Otherwise it runs the tests too if
# this machine can run them: natively, or for darwin under darwinrun on Linux.
set -eu
cd "$(dirname "$0")/.."
: "${TARGET:=$(go env GOOS)/$(go env GOARCH)}"
[ -z "${GO_VERSION-}" ] || export GOTOOLCHAIN="go$GO_VERSION"
export GOOS="${TARGET%/*}" GOARCH="${TARGET#*/}" CGO_ENABLED=0
host=$(env -u GOOS -u GOARCH go env GOOS)/$(env -u GOOS -u GOARCH go env GOARCH)

library=$(env -u GOOS -u GOARCH scripts/packages.sh library)
case $TARGET in
linux/* | darwin/*) packages=./... ;;
*) packages=$library ;; # programs for ios need an external linker; the rest is a library there
esac

for tags in none mach_unstable; do
	go build -tags $tags $packages
done
# Without optimisation, as debuggers want it. With the standard library where
# the stubs meet the runtime; elsewhere our own packages tell enough.
case $TARGET in
darwin/* | linux/amd64) go build -gcflags='all=-N -l' $library ;;
*) go build -gcflags='github.com/gomach/mach/...=-N -l' $library ;;
esac
case $TARGET in
ios/*) ;; # go vet wants to link test binaries
*) go vet $packages ;;
esac
echo "$TARGET builds"
[ "${1-}" = build ] && exit 0

case $TARGET in
"$host") go test ./... ;;
darwin/*)
	case $host in
	linux/*) scripts/guests.sh "$GOARCH" ;;
	*) echo "$TARGET: nothing here can run its tests" ;;
	esac
	;;
*) echo "$TARGET: nothing here can run its tests" ;;
esac
