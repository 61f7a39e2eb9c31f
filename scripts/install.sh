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
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
# The emulator; on other systems than Debian it goes by other names.
if command -v dpkg-query >/dev/null; then
	want libunicorn2
	install_wanted
fi
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
