#!/bin/sh
# The one test command: installs what is missing, then runs every check.
#
#   scripts/test.sh          everything
#   scripts/test.sh quick    without race detector and guests
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
export CGO_ENABLED=0 GOFLAGS=-mod=readonly

say "tools"
scripts/setup.sh
# From here on a missing tool is a failure, not a reason to skip.
export MACH_REQUIRE_TOOLS=1

say "format, generated files"
test -z "$(gofmt -l $(git ls-files '*.go') | tee /dev/stderr)"
go run ./internal/gen/mkz -check

say "builds"
for t in darwin/arm64 darwin/amd64 linux/amd64 linux/arm64 windows/amd64 freebsd/amd64 ios/arm64 ios/amd64; do
	TARGET=$t ci/run.sh build
done

say "vet and tests"
go vet ./...
go test ./...

if [ "${1-}" != quick ]; then
	say "race detector"
	CGO_ENABLED=1 go test -race -short $(scripts/packages.sh race)

	say "staticcheck"
	scripts/staticcheck.sh

	say "guests"
	scripts/guests.sh
fi
say "all passed"
