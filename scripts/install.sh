#!/bin/sh
# Builds darwinrun, and puts it where the go command finds it by itself: with
# go_darwin_arm64_exec and go_darwin_amd64_exec on PATH, `GOOS=darwin go test`
# and `GOOS=darwin go run` need no further flags.
#
#   scripts/install.sh [DIR]    into DIR; without it, where `go install` puts programs
set -eu
case ${1-} in
-*)
	sed -n '2,6p' "$0" >&2
	exit 2
	;;
esac
dir=${1-$(go env GOBIN)}
: "${dir:=$(go env GOPATH)/bin}"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
cd "$(dirname "$0")/.."
GOOS='' GOARCH='' go build -o "$dir/darwinrun" ./cmd/darwinrun
for cpu in arm64 amd64; do
	ln -sf darwinrun "$dir/go_darwin_${cpu}_exec"
done
case :$PATH: in
*":$dir:"*) ;;
*) echo "put $dir on PATH" ;;
esac
