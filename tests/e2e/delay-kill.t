#!/bin/sh
# lsv-route killed at each call with which it sends the warning of a delay: its
# successor neither forgets the warning nor sends it a second time.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

tree_make 9 DELAY_WARN=1s
pool=$LSV_SPOOL/pool/default
stage=$LSV_SPOOL/jobs/stage
day=$LSV_SPOOL/done/20261122
id=$(printf '%013x.%010x' $((($(date +%s) - 600) * 1000000)) 7)
made=$T/$id
due=$((($(date +%s) + 3600) * 1000000))
chmod 711 "$T"

# order N - the program is killed at the N-th call that changes something
order() {
	rm -f "$T/fault"
	python3 - "$TOP/tests/crash" "$T/fault" "$1" <<-X
		import os, sys
		sys.dont_write_bytecode = True
		sys.path.insert(0, sys.argv[1])
		import fault
		f = fault.Fault(sys.argv[2])
		os.chmod(sys.argv[2], 0o666)
		f.order("lsv-route", fault.KILL_SELF, int(sys.argv[3]))
	X
}

# route WORD... - lsv-route in this environment, until it is killed or has looked
# at what is delayed; was_killed tells which
route() {
	: >"$T/err"
	rm -f "$T/rc"
	(
		tree_as lsvroute env "$@" sh "$T/run" 3>"$T/ready" 2>>"$T/err"
		echo "$?" >"$T/rc"
	) &
	wait_for 10 ended_or_looked
	[ -s "$T/rc" ] || kill "$(cat "$T/pid")"
	wait "$!"
}

was_killed() {
	grep -qx 137 "$T/rc"
}

# When the warning is where it belongs, a second one had its time, too.
ended_or_looked() {
	[ -s "$T/rc" ] || { [ -s "$T/ready" ] && [ "$(warnings)" != 0 ] &&
		[ -z "$(ls "$stage")" ] && sleep 0.3; }
}

# warnings - in the pool, or taken from there
warnings() {
	find "$pool/now" "$day" -name "$id.w" | wc -l
}

# job - mail that is older than DELAY_WARN, as a worker left it
job() {
	find "$pool/now" "$pool/later" "$stage" -type f -delete
	rm -rf "$day"
	mkdir "$day"
	cp "$made" "$pool/later/$id"
	chmod 660 "$pool/later/$id"
	! is_root || chown -R lsvroute:lsvjob "$pool/later/$id" "$day"
}

# A worker takes the warning, and it is put away.
take() {
	[ ! -e "$pool/now/$id.w" ] || mv "$pool/now/$id.w" "$day"
}

printf 'R 0-0 450 4.2.1 1795341600123456 127.0.0.1:25 Busy\nL %s 1\n' "$due" |
	"$LSV_BUILD/tests/lib/mkmail" "$made" '' joe@example.com r@example.net
sed -i 's/^class: post/class: mail/' "$made"
is "$(grep -ac '^class: mail' "$made")" 1 'a mail file is made'

# shellcheck disable=SC2016 # expanded there
echo 'echo $$ >"${0%/run}/pid"; exec lsv-route -d 3' >"$T/run"
touch "$T/pid"
chmod 666 "$T/pid"
n=0
wrong=
while [ "$n" -lt 200 ]; do
	n=$((n + 1))
	job
	order "$n"
	route LD_PRELOAD="$LSV_BUILD/tests/lib/preload_fault.so" \
		LSV_FAULT="$T/fault"
	was_killed || break
	take
	route
	[ "$(warnings) $(grep -ac '^W ' "$pool/later/$id")" = '1 1' ] &&
		[ -z "$(ls "$stage")" ] || {
		wrong="$wrong $n"
		diag "killed at call $n: $(warnings) warnings"
	}
done
diag "$((n - 1)) calls"
ok 'it was killed at many calls' [ "$n" -gt 10 ]
is "$wrong" '' 'each time there was one warning in the end'
is "$(warnings)" 1 'and when it was not killed'
done_testing
