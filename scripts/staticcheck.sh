#!/bin/sh
# Runs staticcheck over the modules, at a fixed version.
# Off: names (constants keep their C spelling; what a handler returns is no failure), deprecated calls (they are tested
# too), constants without a type beside typed ones (the facts decide), and sums
# with a zero that documents a field.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
version=v0.8.2
exec go run "honnef.co/go/tools/cmd/staticcheck@$version" -checks 'all,-ST1000,-ST1003,-ST1005,-ST1012,-ST1016,-ST1020,-ST1021,-ST1022,-U1000,-SA1019,-SA9004,-SA4016' work
