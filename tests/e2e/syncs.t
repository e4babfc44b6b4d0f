#!/bin/sh
# What is made durable when mail is over, and by whom: a power cut must repeat no
# more than SYNC says, and many small postings must not wait for a disk each.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

command -v strace >/dev/null || skip_all 'there is no strace'

tracer=
untrace() {
	[ -n "$tracer" ] || return 0
	kill "$tracer" 2>/dev/null
	wait "$tracer" 2>/dev/null
	tracer=
}
at_exit untrace

# trace PID... - $T/syncs gets their syncs from now on
trace() {
	untrace
	rm -f "$T/syncs" "$T/strace"
	for trace_pid; do
		set -- "$@" -p "$trace_pid"
		shift
	done
	strace -f -y -e trace=fsync,fdatasync -o "$T/syncs" "$@" 2>"$T/strace" &
	tracer=$!
	wait_for 10 grep -q attached "$T/strace"
}

# syncs CALL PATH - how many there were of what has a path that ends so
syncs() {
	grep -cE "$1\([0-9]+<[^>]*$2(\(deleted\))?>" "$T/syncs"
}

# let_go - did lsv-route sync all that a file went through, one by one?
let_go() {
	grep -A 1 'fsync([0-9]*<.*/pool/finished>' "$T/syncs" |
		grep -q 'fsync([0-9]*<.*/pool/default/now>'
}

saved() {
	[ "$(syncs fdatasync '/pool/[^>]*')" -ge "$1" ]
}

is_one() {
	[ "$(find "$LSV_SPOOL/pool/finished" -type f | wc -l)" = "$1" ]
}

smtpw_pids() {
	smtpw_pids=$(smtpw_pid)
	echo "$smtpw_pids"
	pgrep -P "$smtpw_pids"
}

# over_now N - files of one recipient each that has his mail, for a worker
over_now() {
	over_last=$((over_next + $1))
	while [ "$over_next" -lt "$over_last" ]; do
		over_next=$((over_next + 1))
		over_name=$(printf '0647c1a2b3d4e.%010x' "$over_next")
		echo "D 0-0 250 2.0.0 $(date +%s)000000 127.0.0.1:25 Ok" |
			"$LSV_BUILD/tests/lib/mkmail" "$T/site/$over_name" \
				small "owner-small@$node" a@example.net
		chmod 660 "$T/site/$over_name"
		! is_root || chown lsvroute:lsvjob "$T/site/$over_name"
		mv "$T/site/$over_name" "$LSV_SPOOL/pool/default/now/"
	done
	printf . >"$LSV_SPOOL/pool/trigger"
}
over_next=0

host --delay 0
tree_make "$port" "SMTP_FORWARD_1=1*127.0.0.1:$port"
with small a b c
with partly a r550.1
ok 'the services start' tree_up
letter first | to small
ok 'a first posting' finished

# --- postings that are over --------------------------------------------------

# shellcheck disable=SC2046 # numbers
ok 'the workers are watched' trace $(smtpw_pids)
for i in 1 2 3 4 5; do
	letter "$i" | to small
done
ok 'five small postings' finished
is "$(syncs f.*sync '[^>]*')" 0 'a worker syncs none of them'
letter bad | to partly
ok 'one with a failure' finished
ok 'it syncs that, which is to be reported' wait_for 5 saved 1
{
	letter long
	yes 'a line of the message' | head -n 2000
} | to small
ok 'one with a body that lsv-route does not keep' finished
ok 'it syncs that, since it could not be sent again' wait_for 5 saved 2

ok 'lsv-route is watched' trace "$(route_pid)"
for i in 1 2 3 4 5; do
	letter "$i" | to small
done
ok 'five small postings' finished
ok 'lsv-route sees to it that they do not come back' \
	wait_for 5 let_go
is "$([ "$(syncs fsync /pool/finished)" -lt 5 ] && echo few)" few \
	'with few syncs for all of them'

# --- nobody takes them home --------------------------------------------------

route=$(route_pid)
# shellcheck disable=SC2046 # numbers
trace $(smtpw_pids)
kill -STOP "$route"
over_now 2
ok 'lsv-route is busy for a moment' wait_for 5 is_one 2
is "$(syncs fdatasync '/pool/[^>]*')" 0 'a worker leaves the syncs to it'
sleep 1.5
over_now 3
ok 'lsv-route is stopped for long' wait_for 5 is_one 5
ok 'a worker syncs what is over itself' wait_for 5 saved 3
kill -CONT "$route"
ok 'it runs again' wait_for 5 is_one 0
over_now 1
ok 'and takes home what is over' wait_for 5 is_one 0
over_now 1
ok 'as before' wait_for 5 is_one 0
is "$(syncs fdatasync '/pool/[^>]*')" 4 'one more was synced, not the last'

# --- when lsv-route ends -----------------------------------------------------

tree_config SYNC=10s "SMTP_FORWARD_1=1*127.0.0.1:$port"
lsv-service reload
letter 'before the end' | to small
ok 'a posting, with SYNC=10s' finished
trace "$(route_pid)"
kill "$(route_pid)"
ok 'lsv-route that ends does not wait for that' \
	wait_for 5 let_go

# --- after each transaction --------------------------------------------------

tree_config SYNC=transaction "SMTP_FORWARD_1=1*127.0.0.1:$port"
lsv-service reload
letter 'first with it' | to small
ok 'a posting, with SYNC=transaction' finished
# shellcheck disable=SC2046 # numbers
trace $(smtpw_pids)
letter 'with it' | to small
ok 'another one' finished
ok 'is synced by the worker' wait_for 5 saved 1
done_testing
