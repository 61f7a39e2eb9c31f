#!/bin/bash
# Tries README.md as a new user would: makes an empty Debian with Go in
# /usr/local/go and a clone of a commit, and runs every command of README.md's
# console blocks there in order, one shell a block. Once as root without sudo,
# and once as a user who may use sudo, in a root of its own.
#
#   scripts/fresh.sh [-as root|user] [COMMIT]     both, of HEAD; uncommitted changes are not tried
#
# Wants root, Debian's package sources in /etc/apt, and 5 GB under ${TMPDIR:-/tmp}.
# What this machine needs to reach the network goes in: /etc/apt, proxies,
# certificates, Go's and npm's settings. `go get …@latest` is answered from the
# commit itself (scripts/modproxy).
set -eu
usage() {
	sed -n '2,11p' "$0" >&2
	exit 2
}
whos="root user"
if [ "${1-}" = -as ]; then
	case ${2-} in
	root | user) whos=$2 ;;
	*) usage ;;
	esac
	shift 2
fi
case ${1-} in -*) usage ;; esac
[ $# -le 1 ] || usage
cd "$(dirname "$0")/.."
. scripts/lib.sh
[ "$(id -u)" = 0 ] || die "wants to be run by root: it makes a root of its own"
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
want mmdebstrap git
install_wanted
commit=$(git rev-parse --verify "${1-HEAD}^{commit}") || die "no such commit"

# All mounts are made in mount namespaces that are gone when this is done.
dir=$(mktemp -d "${TMPDIR:-/tmp}/fresh.XXXXXX")
trap 'rm -rf --one-file-system "$dir"' EXIT
trap 'exit 130' INT TERM HUP
began=$(date +%s)
minutes() { echo "$((($(date +%s) - began) / 60)) min"; }

say "commit $commit, and a module proxy for it"
git clone -q --no-local . "$dir/clone"
git -C "$dir/clone" -c advice.detachedHead=false checkout -q "$commit"
(cd scripts/modproxy && go run . "$dir/clone" "$dir/proxy")
awk -v dir="$dir" '
	/^```console$/ { block++; inside = 1; next }
	/^```/ { inside = 0 }
	inside && sub(/^\$ /, "") { print > (dir "/block-" block) }
' "$dir/clone/README.md"
blocks=$(find "$dir" -maxdepth 1 -name 'block-*' | sort -V)
[ -n "$blocks" ] || die "README.md has no commands"
# shellcheck disable=SC2086 # a list
commands=$(cat $blocks | wc -l)

# A shell script a block, which says what it runs and ends at the first failure.
for block in $blocks; do
	while IFS= read -r line; do
		printf "printf '\\\\n\$ %%s\\\\n' %q\n" "$line"
		printf '%s\n' "$line"
		# shellcheck disable=SC2016 # for the other shell
		echo 'status=$?; [ $status = 0 ] || { echo "failed with status $status"; exit 1; }; echo >>/tmp/ran'
	done <"$block" >"$block.sh"
done

say "an empty Debian"
# shellcheck disable=SC1091
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
apt-config dump | grep -E '^Acquire::(Check|Retries|ForceIPv|https?:)' >"$dir/apt.conf" || true
sources=$(find /etc/apt -name '*.sources' -o -name '*.list')
[ -n "$sources" ] || die "/etc/apt names no package sources"
# shellcheck disable=SC2086 # a list
mmdebstrap --quiet --variant=minbase --include=ca-certificates --aptopt="$dir/apt.conf" "$release" "$dir/base" $sources
base=$dir/base
cp -a "$(go env GOROOT)" "$base/usr/local/go"
cp -r "$dir/proxy" "$base/srv/proxy"
cp "$dir"/block-*.sh "$base/srv"
cp -L /etc/resolv.conf /etc/hosts "$base/etc"
if [ -d /usr/local/share/ca-certificates ]; then
	cp -r /usr/local/share/ca-certificates "$base/usr/local/share"
	env -i PATH="$PATH" chroot "$base" update-ca-certificates >/dev/null
fi

# What the commands find in their environment; sudo takes it away again.
settings=(
	LANG=C.UTF-8 TERM=dumb
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin
	"GOPROXY=file:///srv/proxy,$(go env GOPROXY)"
	"GONOSUMDB=$(sed -n 's/^module //p' "$dir/clone/go.mod")"
	"GOSUMDB=$(go env GOSUMDB)"
)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
	if [ -n "${!name-}" ]; then settings+=("$name=${!name}"); fi
done
for name in SSL_CERT_FILE NODE_EXTRA_CA_CERTS; do
	file=${!name-}
	[ -f "$file" ] || continue
	[ -e "$base$file" ] || install -D -m 644 "$file" "$base$file"
	settings+=("$name=$file")
done

# inside runs a command in a root: inside ROOT COMMAND... It has processes and
# mounts of its own; process 1 is root's, as everywhere.
inside() {
	# shellcheck disable=SC2016 # for the other shell
	unshare --mount --pid --fork --kill-child sh -c '
		root=$1; shift
		mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && mount --rbind /dev "$root/dev" &&
			chroot "$@" && exit' sh "$1" "${@:2}" </dev/null
}

failed=
for who in $whos; do
	say "the $commands commands of README.md as $who ($(minutes) so far)"
	root=$dir/$who
	cp -a "$base" "$root"
	case $who in
	root)
		home=/root
		as=("$root")
		;;
	user)
		home=/home/user
		inside "$root" "$root" env -i "${settings[@]}" sh -c '
			apt-get update -qq && apt-get install -y -qq sudo && useradd -m -s /bin/bash user &&
				echo "user ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/user && apt-get clean && rm -rf /var/lib/apt/lists/*' >/dev/null 2>"$dir/sudo.log" || {
			cat "$dir/sudo.log"
			die "sudo could not be installed"
		}
		as=(--userspec=user:user "$root")
		;;
	esac
	cp -r "$dir/clone" "$root$home/mach"
	if [ -f ~/.npmrc ]; then cp ~/.npmrc "$root$home"; fi
	if [ "$who" = user ]; then chroot "$root" chown -R user:user "$home"; fi
	: >"$root/tmp/ran"
	chmod 666 "$root/tmp/ran"
	start=$(date +%s)
	result=passed
	for block in $blocks; do
		inside "$root" "${as[@]}" env -i "${settings[@]}" HOME="$home" USER="$who" \
			bash -c "cd ~/mach && . /srv/$(basename "$block").sh" || {
			result=FAILED
			break
		}
	done
	ran=$(wc -l <"$root/tmp/ran")
	[ "$ran" = "$commands" ] || result=FAILED
	say "as $who: $ran of $commands commands passed in $((($(date +%s) - start) / 60)) min: $result"
	[ $result = passed ] || failed="$failed $who"
	rm -rf --one-file-system "$root"
done
[ -z "$failed" ] || die "README.md's commands fail as$failed"
say "all passed in $(minutes)"
