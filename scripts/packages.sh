#!/bin/sh
# Lists packages by what can be done with them.
#
#   scripts/packages.sh library   what a user imports: builds for every target
#   scripts/packages.sh race      where goroutines meet
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
case ${1-} in
library)
	set -- . ./internal/libsystem ./internal/proto
	for d in port task host exc mig core symbol; do
		if [ -d "$d" ]; then set -- "$@" "./$d/..."; fi
	done
	go list "$@"
	;;
race)
	all=$(go list work)
	printf '%s\n' "$all" | grep -v -e /internal/abi -e /internal/gen -e /cmd/ -e /scripts/
	;;
*)
	sed -n '2,6p' "$0" >&2
	exit 2
	;;
esac
