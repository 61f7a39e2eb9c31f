#!/bin/sh
# Runs the tests on linux/arm64, in a virtual machine with Debian's own kernel.
# Tests are built here; nothing is installed in the machine.
#
#   scripts/arm64.sh quick [4k|16k]     what a change is likeliest to break
#   scripts/arm64.sh full [4k|16k]      every package; goes on where it was broken
#                                       off, and prints a table
#   scripts/arm64.sh run 4k|16k FOLDER [REGEXP] [FOLDER REGEXP ...]
#
# Kernels are kept in ~/.cache/gomach-arm64 (MACH_ARM64_CACHE names another
# folder), results of a full run in results/COMMIT there. The status is 77 if a
# kernel cannot be had: there is no network, or Debian is not where this machine
# gets its packages.
set -eu
usage() {
	sed -n '2,13p' scripts/arm64.sh >&2
	exit 2
}
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
top=$(pwd -P)
cache=${MACH_ARM64_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gomach-arm64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# cannot_have ends the script with the status for that.
cannot_have() {
	printf '%s: %s cannot be had: is there a network, and is Debian where this machine gets its packages?\n' "$(basename "$0")" "$1" >&2
	exit 77
}

# lists gets the list of arm64 packages of a release once, from where this machine
# gets its packages. A release may have no source here.
lists() {
	apt=$cache/apt/$1
	[ ! -e "$apt/ready" ] || return 0
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	: >"$apt/status"
	sources "$1" >"$apt/sources.list"
	if ! debian "$1" apt-get update >"$work/apt.log" 2>&1 || grep -q -e '^E:' -e '^W: .*[Ff]ailed' "$work/apt.log"; then
		cat "$work/apt.log" >&2
		cannot_have "the list of Debian's arm64 packages ($1)"
	fi
	touch "$apt/ready"
}

# debian SUITE runs apt-get or apt-cache over the list of a release.
debian() {
	apt=$cache/apt/$1
	tool=$2
	shift 2
	own="-q -o Dir::State=$apt -o Dir::State::lists=$apt/lists -o Dir::State::status=$apt/status
		-o Dir::Cache=$apt -o Dir::Cache::archives=$apt/archives -o Dir::Etc::sourceparts=-
		-o Dir::Etc::sourcelist=$apt/sources.list -o APT::Architecture=arm64 -o APT::Architectures::=arm64
		-o APT::Sandbox::User=root"
	# shellcheck disable=SC2086 # a list; no folder of ours has spaces
	"$tool" $own "$@"
}

# sources writes the source list of a release: the first source of this machine
# that has its own release, with the other release's name.
sources() {
	own=$(. /etc/os-release && echo "$VERSION_CODENAME") || own=none
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$keys" ] && keys="[signed-by=$keys] " || keys=
	# shellcheck disable=SC2016 # names of apt's, not the shell's
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		while read -r uri release component; do
			[ "$component" = main ] || continue
			case $release in "$own" | stable) ;; *) continue ;; esac
			echo "deb $keys$uri $1 main"
			break
		done
}

# unpack SUITE PACKAGE FOLDER unpacks a package.
unpack() {
	mkdir -p "$3" "$work/deb"
	lists "$1"
	(cd "$work/deb" && debian "$1" apt-get download "$2" >"$work/apt.log" 2>&1) || {
		rm -f "$cache/apt/$1/ready" # it may be out of date
		lists "$1"
		(cd "$work/deb" && debian "$1" apt-get download "$2" >"$work/apt.log" 2>&1)
	} || {
		cat "$work/apt.log" >&2
		cannot_have "Debian's package $2 for arm64 ($1)"
	}
	for deb in "$work"/deb/*.deb; do dpkg-deb -x "$deb" "$3"; done
	rm -r "$work/deb"
}

# kernel PAGES gets a kernel once.
kernel() {
	[ -e "$cache/$1/vmlinuz" ] && return
	say "getting an arm64 kernel with pages of $1 (once)"
	case $1 in
	4k) suite=bookworm name=linux-image-arm64 ;;
	16k) suite=trixie name=linux-image-arm64-16k ;;
	esac
	lists "$suite"
	exact=$(debian "$suite" apt-cache depends "$name" | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1)
	[ -n "$exact" ] || cannot_have "Debian's kernel $name ($suite)"
	unpack "$suite" "$exact" "$work/kernel"
	mkdir -p "$cache/$1"
	cp "$work"/kernel/boot/vmlinuz-* "$cache/$1/vmlinuz.new"
	mv "$cache/$1/vmlinuz.new" "$cache/$1/vmlinuz"
	rm -r "$work/kernel"
}

# base makes the part of the machine's files that all runs share: busybox, the C
# library, the emulator under darwinrun, the tree at the same path as here, and
# what its C sources compile to.
base() {
	for p in busybox-static libc6 libgcc-s1 libunicorn2; do
		[ -e "$cache/packages/$p" ] && continue
		unpack bookworm "$p" "$work/package"
		mkdir -p "$cache/packages"
		mv "$work/package" "$cache/packages/$p"
	done
	root=$work/root
	mkdir -p "$root/bin/tests" "$root/lib" "$root/proc" "$root/sys" "$root/dev" "$root/etc" "$root/tmp" "$root$top"
	cp "$cache/packages/busybox-static/bin/busybox" scripts/arm64/gcc scripts/arm64/go "$root/bin"
	cp -a "$cache"/packages/lib*/lib/. "$root/lib"
	cp -a "$cache"/packages/libunicorn2/usr/lib/. "$root/lib"
	cp scripts/arm64/init "$root/init"
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
	git ls-files -z --cached --others --exclude-standard | cpio -0pd --quiet "$root$top"
	zig=$(scripts/zig.sh)
	zig=$(echo "$zig"/node_modules/@zigc/*-*/bin/zig)
	git ls-files '*/testdata/*.c' | grep -v -e ^cmd/darwinrun/ -e ^cmd/internal/ -e ^internal/abi/ >"$work/sources"
	while read -r c; do
		mkdir -p "$root/prebuilt$top/$(dirname "$c")"
		"$zig" cc -target aarch64-linux-gnu.2.36 -O1 -fno-omit-frame-pointer -fPIE -pie -fno-sanitize=all -pthread -o "$root/prebuilt$top/$c" "$c" \
			2>"$work/zig.log" || { cat "$work/zig.log" >&2; die "zig cannot compile $c for linux/arm64"; }
	done <"$work/sources"
}

# go_for builds for the machine.
go_for() { CGO_ENABLED=0 GOOS=linux GOARCH=arm64 GOFLAGS=-mod=readonly go "$@"; }

# commands builds the programs that tests have the go command build, for its stand-in
# scripts/arm64/go: plain, and stripped.
commands() {
	for program in examples/dump_process_registers cmd/mach/testdata/stack/godeep; do
		mkdir -p "$root/prebuilt$top/$program"
		go_for build -o "$root/prebuilt$top/$program/main" "./$program"
		go_for build -ldflags="-s -w" -o "$root/prebuilt$top/$program/stripped" "./$program"
	done
}

# name_of FOLDER is the folder as a part of a file's name, as in scripts/arm64/init.
name_of() { echo "$1" | sed 's|^\.$|mach|' | tr / _; }

# tests FILE builds the test programs that a list of lines "FOLDER REGEXP" names,
# those that are not there yet, and takes away others.
tests() {
	for program in "$root"/bin/tests/*.test; do
		while read -r folder _; do
			[ "$program" != "$root/bin/tests/$(name_of "$folder").test" ] || continue 2
		done <"$1"
		rm -f "$program"
	done
	while read -r folder _; do
		to=$root/bin/tests/$(name_of "$folder").test
		[ ! -e "$to" ] || continue
		case $folder in
		"$hello") cp scripts/arm64/hello "$to" ;;
		*) go_for test -c -ldflags=-w -o "$to" "./$folder" ;;
		esac
	done <"$1"
}

# machine PAGES LIST SECONDS starts the machine, which runs a list of tests, each
# for so many seconds at most, and prints what they print. With KVM, on an arm64
# host, it never ran: nobody had one. Without, its clock counts instructions and
# skips idle time: a busy host makes no test late.
# Signatures of pointers are QEMU's own kind, as the architected one takes most
# of the time of Debian's kernel.
machine() {
	cp "$2" "$root/tests"
	printf 'top=%s\ntimeout=%ss\n' "$top" "$3" >"$root/env"
	(cd "$root" && find . | cpio -o -H newc --quiet >"$work/initrd")
	if [ "$(uname -m)" = aarch64 ] && [ -w /dev/kvm ]; then
		emulator="-M virt,gic-version=host -accel kvm -cpu host"
	else
		emulator="-M virt -accel tcg -cpu max,pauth-impdef=on -icount shift=1,sleep=off"
	fi
	# shellcheck disable=SC2086 # a list
	timeout --foreground 8h qemu-system-aarch64 $emulator -smp 2 -m 2048 -nographic -no-reboot \
		-nic none -kernel "$cache/$1/vmlinuz" -initrd "$work/initrd" -append "console=ttyAMA0 quiet panic=-1" </dev/null |
		sed -u 's/\r$//'
}

# quick_list is what a change of shared code is likeliest to break: addresses,
# the main job, steps, breakpoints, stacks, memory, messages.
quick_list() {
	cat <<'END'
internal/substrate/linux Bounds|EndOf|Step|Registers|ReadAndWrite|Ranges|Events|Undisturbed
examples/dump_process_registers Known|Printed|Start
examples/tiny_debugger .
examples/memory_map .
task Stack|Register|AddressBits|Strip|Allocate|Memory|Patch|Suspend
exc .
port Message|OutOfLine|Send|Receive
conformance Allocate|Map|Region|Neighbours|WholeLife|Protect|Remap|Page|Message|Msg|Thread|State|Exception|Child
END
}

# full_list is every package with tests for this system, and darwinrun. Those in
# not_there want what the machine does not have.
hello=darwinrun
not_there='internal/abi internal/gen internal/proof/gopsutil internal/soak internal/bench cmd/darwinrun cmd/internal/guest/callbench scripts/modproxy'
full_list() {
	go_for list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' work | sed "s|^$(sed -n 's/^module //p' go.mod)||; s|^/||" |
		while read -r folder; do
			: "${folder:=.}"
			for no in $not_there; do
				case $folder in "$no" | "$no"/*) continue 2 ;; esac
			done
			echo "$folder ."
		done
	echo "$hello ."
}

# emulator builds darwinrun, and programs for it.
emulator() {
	mkdir -p "$root/darwin"
	go_for build -o "$root/bin/darwinrun" ./cmd/darwinrun
	for cpu in arm64 amd64; do
		CGO_ENABLED=0 GOOS=darwin GOARCH=$cpu GOFLAGS=-mod=readonly go build -o "$root/darwin/$cpu" ./examples/ipc_ping_pong
	done
}

# split FOLDER writes what a machine prints to a file for each package, which
# gets its name when the package has ended. It is no awk: some wait for more input
# before they write anything.
split() {
	part=
	while IFS= read -r line; do
		case $line in
		'arm64: begin '*)
			part=$1/$(name_of "${line#arm64: begin }").part
			: >"$part"
			;;
		'arm64: up '* | 'arm64: end '*) printf '%s\n' "$line" ;;
		esac
		[ -z "$part" ] || printf '%s\n' "$line" >>"$part"
		case $line in
		'arm64: end '*)
			mv "$part" "${part%part}log"
			part=
			;;
		esac
	done
}

# full PAGES runs every package whose result is not there yet, all of them in one
# machine. One that takes the machine down is left out of the next.
full() {
	changes=$(git diff HEAD | git hash-object --stdin | cut -c 1-8)
	git diff --quiet HEAD && changes=
	results=$cache/results/$(git rev-parse --short HEAD)${changes:+-$changes}/$1
	mkdir -p "$results"
	full_list >"$work/folders"
	emulator
	while :; do
		while read -r folder pattern; do
			[ -e "$results/$(name_of "$folder").log" ] || echo "$folder $pattern"
		done <"$work/folders" >"$work/list"
		[ -s "$work/list" ] || break
		rm -f "$results"/*.part
		tests "$work/list"
		machine "$1" "$work/list" 900 | split "$results"
		ended=
		for part in "$results"/*.part; do
			[ -e "$part" ] && mv "$part" "${part%part}log" && ended=1
		done
		while read -r folder _; do
			[ -e "$results/$(name_of "$folder").log" ] && ended=1
		done <"$work/list"
		[ "$ended" ] || die "the machine does not start"
	done
	while read -r folder _; do outcome "$results/$(name_of "$folder").log" "$folder"; done <"$work/folders" >"$results/table"
	cat "$results/table"
	echo
	echo "skipped:"
	while read -r folder _; do
		awk -v folder="$folder" '
			/^ *--- SKIP/ { print "  " folder " " $3 ": " why; why = ""; next }
			/^    [a-z_0-9]+\.go:[0-9]+: / { why = $0; sub(/^ *[^ ]*: /, "", why) }' "$results/$(name_of "$folder").log"
	done <"$work/folders" | tee "$results/skipped"
	echo "not run, as they want the go command, a compiler or more memory: $not_there"
	! grep -q -e FAILS -e 'does not end' "$results/table"
}

# outcome FILE FOLDER prints a line of the table.
outcome() {
	case $(sed -n 's/^arm64: end [^ ]* \([0-9]*\),.*/\1/p' "$1") in
	0) said=passes ;;
	'') said='does not end' ;;
	*) said=FAILS ;;
	esac
	printf '%-40s %-13s %4d passed %3d failed %3d skipped\n' "$2" "$said" \
		"$(grep -c '^--- PASS' "$1")" "$(grep -c '^--- FAIL' "$1")" "$(grep -c '^--- SKIP' "$1")"
}

case ${1-} in
quick | full) mode=$1 pages=${2-4k} ;;
run) mode=$1 pages=${2-} ;;
*) usage ;;
esac
case $pages in 4k | 16k) ;; *) usage ;; esac
[ "$mode" != run ] || [ $# -ge 3 ] || usage
want qemu-system-arm cpio
want_command dpkg-deb dpkg
want_command npm npm
install_wanted
kernel "$pages"
base
commands
case $mode in
quick | run)
	if [ "$mode" = quick ]; then
		quick_list
	else
		shift 2
		while [ $# -gt 0 ]; do
			echo "$1 ${2-.}"
			[ "$1" != "$hello" ] || emulator >&2
			shift
			[ $# = 0 ] || shift
		done
	fi >"$work/list"
	tests "$work/list"
	machine "$pages" "$work/list" 900 | tee "$work/log"
	failed=$(sed -n 's/^arm64: end \([^ ]*\) [^0].*/\1/p' "$work/log")
	[ -z "$failed" ] || die "tests fail on linux/arm64 in $(echo "$failed" | tr "\n" " ")"
	[ "$(grep -c '^arm64: end' "$work/log")" = "$(grep -c . "$work/list")" ] || die "the machine ended before the tests did"
	;;
full) full "$pages" ;;
esac
