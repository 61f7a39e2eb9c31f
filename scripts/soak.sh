#!/bin/sh
# Dumps processes in storms of exec, clone, fork, vfork, exit, stops and signals,
# and sends signals to the dumpers, until all is done or something hangs or is
# wrong. A run that was broken off goes on where it was: .cache/soak/state keeps
# how far the run of each seed is.
#
#   scripts/soak.sh [mach] [-seed N] [-dumps N] [-signals N]     20,000 and 10,000: about half an hour
# With mach, its regs, stack and core are sent to the processes instead of the example.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
go_on_path || die "Go is neither on PATH nor in /usr/local/go"
command -v gcc >/dev/null || die "gcc is missing: scripts/setup.sh installs it"
export GOFLAGS=-mod=readonly CGO_ENABLED=0
dir=.cache/soak
mkdir -p "$dir/state"
what=-dumper
if [ "${1-}" = mach ]; then
	shift
	what=-mach
	go build -C cmd/mach -o "$PWD/$dir/dumper-mach" .
	tool=$dir/dumper-mach
else
	tool=$dir/dumper
	go build -o "$tool" ./examples/dump_process_registers
fi
go build -o "$dir/soak" ./internal/soak
gcc -O1 -pthread -o "$dir/storm" internal/substrate/target/testdata/storm.c
exec nice -n 10 "$dir/soak" $what "$tool" -storm "$dir/storm" -state "$dir/state" "$@"
