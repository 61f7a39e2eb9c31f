# shellcheck shell=sh
# Sourced by the other scripts: how they speak, and how they find and install
# what they need.

say() { printf '\n== %s\n' "$*"; }

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# go_on_path puts Go on PATH if it stands where its own installer puts it: sudo
# and new shells often have another PATH than the user's.
go_on_path() {
	command -v go >/dev/null && return
	[ -x /usr/local/go/bin/go ] || return
	PATH=$PATH:/usr/local/go/bin
	export PATH
}

# as_root runs a command as root.
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

wanted=
updated=

# want notes a Debian package that must be there.
want() {
	for p in "$@"; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || wanted="$wanted $p"
	done
}

# want_command notes a package only if its command is not there by another way
# (Node from elsewhere, for instance).
want_command() {
	command -v "$1" >/dev/null || want "$2"
}

# install_wanted installs what was noted, in one go. Where that is not possible
# it names all of it.
install_wanted() {
	[ -z "$wanted" ] && return
	if ! command -v apt-get >/dev/null; then
		die "missing:$wanted (names of Debian's packages): install them and run this again"
	fi
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		die "missing:$wanted. Run this as root, or: apt-get update && apt-get install$wanted"
	fi
	say "installing$wanted"
	[ -n "$updated" ] || as_root apt-get update -qq || die "apt-get update failed: is there a network?"
	updated=1
	# shellcheck disable=SC2086 # a list
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null ||
		die "apt-get could not install$wanted"
	wanted=
}

# go_test NAME COMMAND... runs a `go test -json` command, prints each package as it
# ends and the failures at the end, and fails if fewer tests passed than
# scripts/floors.txt says of the name: what a check does not reach any more looks like
# success otherwise.
go_test() {
	floor=$(sed -n "s|^$1 ||p" scripts/floors.txt)
	[ -n "$floor" ] || die "scripts/floors.txt has no line for $1"
	events=$(mktemp)
	status=0
	name=$1
	shift
	GOOS='' GOARCH='' CGO_ENABLED=0 go run gotest.tools/gotestsum@v1.13.0 --format pkgname --format-hide-empty-pkg \
		--jsonfile "$events" --raw-command -- env "$@" || status=$?
	passed=$(grep -c '"Action":"pass".*"Test":' "$events") || passed=0
	rm -f "$events"
	[ "$status" = 0 ] || return "$status"
	echo "$name: $passed tests passed"
	[ "$passed" -ge "$floor" ] || {
		echo "that is less than $floor (scripts/floors.txt): packages or tests are missing" >&2
		return 1
	}
}
