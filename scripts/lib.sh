# Sourced by the other scripts: how they speak, and what the tests need.

say() { printf '\n== %s\n' "$*"; }

# need installs Debian packages that lack. Elsewhere, or without root, it says
# what is missing.
need() {
	missing=
	for p in "$@"; do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
	done
	[ -z "$missing" ] && return 0
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		say "installing$missing"
		apt-get update -qq || true
		# shellcheck disable=SC2086 # a list
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
		return
	fi
	echo "missing:$missing — install it as root: apt-get install$missing" >&2
	return 1
}

# have_command installs the package only if the command is not there by
# another way (Node from elsewhere, for instance).
have_command() {
	command -v "$1" >/dev/null || need "$2"
}
