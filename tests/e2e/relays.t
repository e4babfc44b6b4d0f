#!/bin/sh
# Ten kinds of bad relays, each of them bad in its way once at every step: in
# the end every recipient has every posting, exactly once.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

port=$(free_port)
tree_make "$port"
kinds='421 451 garbage silent close reset half huge endless double'
with crew a b c d

# one_bad NAME KIND PLACE... - a relay that does so once at each place
one_bad() {
	bad_name=$1 kind=$2
	shift 2
	for place; do
		set -- "$@" --on "$place:1=$kind"
		shift
	done
	"$TOP/tests/lib/fakehost.py" --port-file "$T/$bad_name.port" \
		--log "$T/$bad_name.log" --delay 100 "$@" \
		>"$T/$bad_name.out" 2>"$T/$bad_name.err" &
	bad_pids="$bad_pids $!"
	bad_names="$bad_names $bad_name"
}

# Two for each kind: the pause after a lost connection is doubled each time.
all_bad_start() {
	bad_pids='' bad_names=''
	# shellcheck disable=SC2016 # expanded at the end
	at_exit 'kill $bad_pids 2>/dev/null'
	for kind in $kinds; do
		one_bad "$kind-early" "$kind" connect ehlo mail
		one_bad "$kind-late" "$kind" rcpt data dot
	done
	n=0
	set --
	for name in $bad_names; do
		n=$((n + 1))
		wait_for 20 test -s "$T/$name.port" || return 1
		set -- "$@" "SMTP_FORWARD_$n=127.0.0.1:$(cat "$T/$name.port")"
	done
	tree_config MAXBSMTP=2 RETRY_MAX=300ms "$@"
}

# A host that took a message was bad at every step before.
all_took() {
	for name in $bad_names; do
		[ -s "$T/$name.log" ] || {
			echo "$name took nothing yet"
			return 1
		}
	done
}

post_until_all_took() {
	for turn in $(seq 30); do
		for again in $(seq 8); do
			letter "$turn $again" | to crew
		done
		! all_took >"$T/missing" || return 0
		sleep 0.8
	done
	cat "$T/missing"
	return 1
}

ok 'ten kinds of bad relays are there' all_bad_start
ok 'the services start' tree_up
ok 'every relay takes mail after it failed at every step' post_until_all_took
ok 'all postings are over' finished 30
is "$(cat "$T"/*.log | wc -l)" $(($(jobs) * 4)) 'each recipient got each posting'
is "$(cut -f 2,5 "$T"/*.log | sort | uniq -d)" '' 'and exactly once'
is "$(events lsv-route ' failed=[1-9]')" 0 'none was given up'
# shellcheck disable=SC2086 # process numbers
kill $bad_pids
bad=0
for pid in $bad_pids; do
	wait "$pid" || bad=$((bad + 1))
done
is $bad 0 'no relay saw a broken rule'
[ $bad = 0 ] || diag "$(cat "$T"/*.err)"
unlike "$(log lsv-smtpw)" 'worker-died|fatal:' 'no worker died'
done_testing
