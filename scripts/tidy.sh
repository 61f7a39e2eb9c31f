#!/bin/sh
# Fails if `go mod tidy` would change a module of go.work. Each is looked at as who
# imports it sees it, without go.work; the library, which has no tag yet or a newer
# state than its last one, is taken from this tree.
set -eu
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
		go mod tidy -modfile="$work/x.mod" -diff
	) || die "go mod tidy would change ${dir#"$top"/}"
done
