#!/bin/sh
# lsv-route killed at each call with which it sends the warning of a delay, of
# mail that is one file and of a large job: its successor neither forgets the
# warning nor sends it a second time.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/shot.sh"
. "$TOP/tests/lib/tree.sh"

[ -z "${LSV_SANITIZED:-}" ] ||
	skip_all 'what kills takes the place of the sanitizers'

tree_make 9 DELAY_WARN=1s
pool=$LSV_SPOOL/pool/default
stage=$LSV_SPOOL/jobs/stage
day=$LSV_SPOOL/done/$(date +%Y%m%d)
id=$(printf '%013x.%010x' $((($(date +%s) - 600) * 1000000)) 7)
made=$T/made
due=$((($(date +%s) + 3600) * 1000000))
chmod 711 "$T"

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

# nothing - waits, or is over
nothing() {
	find "$pool/now" "$pool/later" "$stage" -type f -delete
	rm -rf "$day" "$LSV_SPOOL/jobs/$id"
	mkdir "$day"
}

# own FILE... - as lsv-route and a worker left them
own() {
	! is_root || chown -R lsvroute:lsvjob "$day" "$@"
	find "$@" -type f -exec chmod 660 {} +
}

# small - mail that is older than DELAY_WARN; the warning is recorded in $journal
small() {
	journal=$pool/later/$id
	cp "$made/$id" "$journal"
	own "$journal"
}

# large - the same in two parts, which both wait
large() {
	journal=$LSV_SPOOL/jobs/$id/plan
	cp -r "$made/jobs/$id" "$LSV_SPOOL/jobs/$id"
	cp "$made/$id.000001" "$made/$id.000002" "$pool/later"
	own "$pool/later/$id.000001" "$pool/later/$id.000002" \
		"$LSV_SPOOL/jobs/$id"
}

# A worker takes the warning, and it is put away.
take() {
	[ ! -e "$pool/now/$id.w" ] || mv "$pool/now/$id.w" "$day"
}

# mail FILE [RECIPIENT] - a file of mail that was tried; without a recipient the
# facts of a job
mail() {
	mail_file=$1
	shift
	[ $# = 0 ] || printf 'R 0-0 450 4.2.1 1795341600123456 %s Busy\n%s\n' \
		127.0.0.1:25 "L $due 1" >"$T/journal"
	"$LSV_BUILD/tests/lib/mkmail" "$mail_file" '' joe@example.com "$@" \
		<"$T/journal" && : >"$T/journal"
}

# make_all - what small and large take
make_all() {
	mkdir -p "$made/jobs/$id" && : >"$T/journal" &&
		mail "$made/$id" r@example.net &&
		mail "$made/$id.000001" r@example.net &&
		mail "$made/$id.000002" s@example.net &&
		mail "$made/jobs/$id" &&
		printf 'Subject: test\r\n\r\nhello\r\n' \
			>"$made/jobs/$id/body" &&
		printf 'C 1 -\nW 2 2 61\nE 2 2\n' >"$made/jobs/$id/plan" &&
		sed -i 's/^class: post/class: mail/' "$made/$id" \
			"$made/$id.000001" "$made/$id.000002" \
			"$made/jobs/$id/job"
}

# killed_at_each KIND WORD N - of a mail of that kind, for which N recipients
# wait; lines of its journal that begin with WORD are about the warning
killed_at_each() {
	n=0
	wrong=
	while [ "$n" -lt 200 ]; do
		n=$((n + 1))
		nothing
		"$1"
		order lsv-route "$n"
		route LD_PRELOAD="$LSV_BUILD/tests/lib/preload_fault.so" \
			LSV_FAULT="$T/fault"
		was_killed || break
		take
		route
		[ "$(warnings) $(grep -ac "^$2 " "$journal")" = '1 1' ] &&
			[ -z "$(ls "$stage")" ] || {
			wrong="$wrong $n"
			diag "killed at call $n: $(warnings) warnings"
		}
	done
	diag "$((n - 1)) calls"
	ok "$1: it was killed at many calls" [ "$n" -gt 10 ]
	is "$wrong" '' "$1: each time there was one warning in the end"
	is "$(warnings)" 1 "$1: and when it was not killed"
	is "$(grep -ac '^Final-Recipient:' "$pool/now/$id.w")" "$3" \
		"$1: which names all who wait"
}

ok 'mail is made' make_all
# shellcheck disable=SC2016 # expanded there
echo 'echo $$ >"${0%/run}/pid"; exec lsv-route -d 3' >"$T/run"
touch "$T/pid"
chmod 666 "$T/pid"
killed_at_each small W 1
killed_at_each large D 2
done_testing
