#!/bin/sh
# Builds the archives of a release: the command mach for six systems, each with its
# manual pages, completions and licences, their checksums, packages for Debian, and a
# formula for Homebrew. The same commit gives the same bytes.
#
#   scripts/release.sh VERSION [DIR]    such as v0.1.0; into DIR, or .cache/release
set -eu
case ${1-} in
v[0-9]*) version=$1 ;;
*)
	sed -n '2,7p' "$0" >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
dir=${2-.cache/release}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH CGO_ENABLED=0 GOFLAGS="-mod=readonly -trimpath"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is the same for all systems.
common=$work/common
mkdir -p "$common/completions"
GOOS='' GOARCH='' go build -o "$work/mach" ./cmd/mach
"$work/mach" man "$common/man" >/dev/null
for shell in bash zsh fish; do
	"$work/mach" completion $shell >"$common/completions/mach.$shell"
done
cp LICENSE* docs/mach.md "$common"

# pack makes an archive of a folder in $work, with sorted names, one date and one owner.
pack() {
	tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "$1" | gzip -9n >"$2"
}

# deb makes a package of what was built for a CPU of Linux: see deb(5).
deb() {
	root=$work/deb-$1
	mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/share/man/man1" "$root/usr/share/doc/mach-tool" \
		"$root/usr/share/bash-completion/completions"
	cp "$work/$2/mach" "$root/usr/bin"
	cp "$common/completions/mach.bash" "$root/usr/share/bash-completion/completions/mach"
	for page in "$common"/man/*.1; do
		gzip -9n <"$page" >"$root/usr/share/man/man1/$(basename "$page").gz"
	done
	cp "$common/mach.md" "$root/usr/share/doc/mach-tool"
	cat LICENSE* >"$root/usr/share/doc/mach-tool/copyright"
	cat >"$root/DEBIAN/control" <<-END
		Package: mach-tool
		Version: ${version#v}
		Architecture: $1
		Maintainer: the authors of gomach <https://github.com/gomach/mach>
		Section: devel
		Priority: optional
		Description: looks into processes through Mach's interface
		 Registers, threads, memory, ports and figures of processes and the host, and
		 the codes, constants, structs and functions of the Mach kernel explained.
	END
	find "$root" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
	dpkg-deb --root-owner-group -Zxz --build "$root" "$dir/mach-tool_${version#v}_$1.deb" >/dev/null
}

rm -f "$dir"/mach-* "$dir/SHA256SUMS" "$dir/mach.rb"
for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
	os=${target%/*} cpu=${target#*/}
	name=mach-$version-$os-$cpu
	say "$name"
	program=mach
	[ "$os" = windows ] && program=mach.exe
	cp -R "$common" "$work/$name"
	GOOS=$os GOARCH=$cpu go build -ldflags=-s -o "$work/$name/$program" ./cmd/mach
	pack "$name" "$dir/$name.tar.gz"
	if [ "$os" = linux ] && command -v dpkg-deb >/dev/null; then
		deb "$cpu" "$name"
	fi
done
(cd "$dir" && sha256sum mach-* >SHA256SUMS)

# sum is the checksum of an archive.
sum() { sed -n "s/  mach-$version-$1.tar.gz\$//p" "$dir/SHA256SUMS"; }
base=https://github.com/gomach/mach/releases/download/$version/mach-$version
# block is a part of the formula: a system of Homebrew's and ours.
block() {
	cat <<-END
		  on_$1 do
		    on_arm do
		      url "$base-$2-arm64.tar.gz"
		      sha256 "$(sum "$2-arm64")"
		    end
		    on_intel do
		      url "$base-$2-amd64.tar.gz"
		      sha256 "$(sum "$2-amd64")"
		    end
		  end

	END
}
{
	cat <<-END
		class Mach < Formula
		  desc "Looks into processes through Mach's interface, and explains it"
		  homepage "https://github.com/gomach/mach"
		  version "${version#v}"
		  license any_of: ["BSD-2-Clause", "MIT", "Apache-2.0"]

	END
	block macos darwin
	block linux linux
	cat <<-'END'
		  def install
		    bin.install "mach"
		    man1.install Dir["man/*.1"]
		    bash_completion.install "completions/mach.bash" => "mach"
		    zsh_completion.install "completions/mach.zsh" => "_mach"
		    fish_completion.install "completions/mach.fish"
		  end

		  def caveats
		    "On macOS, to look into processes: mach doctor --sign"
		  end

		  test do
		    assert_match "KERN_FAILURE", shell_output("#{bin}/mach error 5")
		  end
		end
	END
} >"$dir/mach.rb"
say "in $dir"
ls -l "$dir"
