#!/bin/sh
# Lists packages by what can be done with them.
#
#   scripts/packages.sh library   what a user imports: builds for every target
#   scripts/packages.sh race      where goroutines meet
set -eu
cd "$(dirname "$0")/.."
case ${1-} in
library)
	go list . ./internal/libsystem ./internal/proto $(for d in port task host exc mig; do [ -d $d ] && echo ./$d/...; done)
	;;
race)
	go list ./... | grep -v -e /internal/abi -e /internal/gen -e /internal/guest -e /cmd/
	;;
*)
	sed -n '2,6p' "$0" >&2
	exit 2
	;;
esac
