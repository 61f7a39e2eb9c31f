#!/bin/sh
# Runs damaged Mach-O files in the whole runner: no panic, no hang, at most 256 MB.
#
#   scripts/mutants.sh [COUNT [SEED]]    COUNT mutants for each CPU (20000), from a seed (1)
#
# It says how far it is and, if it is ended, goes on from there the next time; that is kept in
# .cache/mutants-SEED. A failure names the mutant; run it again with MACH_MUTANT_SEED=SEED
# MACH_MUTANT_FIRST=NUMBER MACH_MUTANTS=1 go test -run TestMutants ./cmd/darwinrun
set -eu
case ${1-} in
*[!0-9]*)
	sed -n '2,8p' "$0" >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
count=${1:-20000} seed=${2:-1} step=500
mkdir -p .cache
kept=$PWD/.cache/mutants-$seed
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
go test -c -o "$dir/test" ./cmd/darwinrun
first=0
[ ! -f "$kept" ] || first=$(cat "$kept")
cd cmd/darwinrun
while [ "$first" -lt "$count" ]; do
	[ $((count - first)) -ge $step ] || step=$((count - first))
	MACH_MUTANTS=$step MACH_MUTANT_SEED=$seed MACH_MUTANT_FIRST=$first "$dir/test" -test.run '^TestMutants$' -test.timeout 4h -test.v >"$dir/out" 2>&1 || {
		cat "$dir/out" >&2
		echo "mutants.sh: mutants $first to $((first + step - 1)) of seed $seed failed" >&2
		exit 1
	}
	if grep -q -e '--- SKIP' "$dir/out"; then # nothing has been run
		cat "$dir/out" >&2
		exit 1
	fi
	first=$((first + step))
	echo "$first" >"$kept"
	echo "$first of $count for each CPU"
done
rm -f "$kept"
