#!/bin/sh
# Each parser against libFuzzer with both sanitizers, FUZZ_SECONDS each, from
# the seeds in tests/data/fuzz. What breaks one is kept in build-fuzz/found.
. "$(dirname "$0")/../lib/tap.sh"

seconds=${FUZZ_SECONDS:-2}
built=$TOP/build-fuzz/fuzz

fuzz() {
	program=$built/$1_fuzz
	seeds=$TOP/tests/data/fuzz/$1
	mkdir -p "$T/$1" "$T/found"
	set -- "$T/$1"
	[ ! -d "$seeds" ] || set -- "$@" "$seeds"
	(cd "$T" && "$program" -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=1024 -artifact_prefix="$T/found/" "$@")
}

for source in "$TOP"/tests/fuzz/*_fuzz.c; do
	name=${source##*/}
	name=${name%_fuzz.c}
	if [ -x "$built/${name}_fuzz" ]; then
		ok "$name survives $seconds s of fuzzing" fuzz "$name"
	else
		skip "$name: not built (packages clang libclang-rt-14-dev)"
	fi
done
if [ -n "$(ls -A "$T/found" 2>/dev/null)" ]; then
	mkdir -p "$TOP/build-fuzz/found" &&
		cp "$T"/found/* "$TOP/build-fuzz/found/" &&
		diag "kept in build-fuzz/found: $(ls "$T/found")"
fi
done_testing
