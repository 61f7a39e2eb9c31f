#!/bin/sh
# Fails if `go mod tidy` would change a module of go.work. Each is looked at as who
# imports it sees it, without go.work; the library, which has no tag yet or a newer
# state than its last one, is taken from this tree.
#
#   scripts/tidy.sh [-w]     -w: writes what it would be
set -eu
case ${1-} in
'' | -w) ;;
*)
	sed -n '2,7p' "$0" >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
top=$(pwd -P)
library=$(sed -n 's/^module //p' go.mod)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
modules=$(go list -m -f '{{.Dir}}')
[ -n "$modules" ] || die "go.work names no modules"
for dir in $modules; do
	cp "$dir/go.mod" "$work/x.mod"
	: >"$work/x.sum"
	[ ! -f "$dir/go.sum" ] || cp "$dir/go.sum" "$work/x.sum"
	(
		cd "$dir"
		export GOWORK=off GOFLAGS=
		if grep -q "^[[:space:]]*$library v" "$work/x.mod"; then
			# What a tag's sum will be nobody knows yet; a tree in its place needs none.
			sed -i "\|^$library v|d" "$work/x.sum"
			go mod edit -replace="$library=$top" "$work/x.mod"
		fi
		[ "${1-}" = -w ] || exec go mod tidy -modfile="$work/x.mod" -diff
		go mod tidy -modfile="$work/x.mod"
		go mod edit -dropreplace="$library" "$work/x.mod"
		cp "$work/x.mod" go.mod
		[ ! -s "$work/x.sum" ] || cp "$work/x.sum" go.sum
	) || die "go mod tidy would change ${dir#"$top"/}"
done
