#!/bin/sh
# A small posting whose link into the pool cannot be made durable: all that is
# needed stays where it is, and lsv-route settles it once the disk is well.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mark.sh"

host --delay 0
tree_make "$port"
with small a b c
ok 'the services start' mark_up
letter first | to small
ok 'a posting while all is well' finished

count() {
	find "$@" -type f | wc -l
}

# said REGEX - lsv-route has said so since the last time
said() {
	[ "$(events lsv-route "$1")" -gt "${before:-0}" ]
}

# Names, and how many links each has.
staged() {
	find "$LSV_SPOOL/jobs/stage" -type f -printf '%n %f\n'
}

settled() {
	[ "$(count "$LSV_SPOOL/route/new" "$LSV_SPOOL/jobs/stage")" = 0 ]
}

# --- fsync of the pool fails -------------------------------------------------

mark lsv-route fsync /pool/default/now
letter second | to small
ok 'a pool that cannot be synced: lsv-route says that the message stays' \
	wait_for 10 said 'unable to commit; the messages stay'
ok 'the next try sees the commit and goes on from there' \
	wait_for 10 said 'unable to route .*; it stays'
job=$(find "$LSV_SPOOL/route/new" -type f -printf '%f\n')
is "$(staged)" "2 $job" 'the inbox file and the witness of its commit are there'
is "$(events lsv-route "$job routed")" 0 'nobody is told that it was routed'
mark
ok 'once fsync works the inbox file and the witness go' wait_for 10 settled
ok 'and the mail leaves without delay' finished 10

# --- killed meanwhile --------------------------------------------------------

mark lsv-route fsync /pool/default/now
before=$(events lsv-route 'unable to commit; the messages stay')
letter third | to small
ok 'the same again' wait_for 10 said 'unable to commit; the messages stay'
before=$(events lsv-route 'fatal: unable to recover jobs/')
kill -9 "$(route_pid)"
ok 'killed meanwhile, lsv-route does not start before it is settled' \
	wait_for 10 said 'fatal: unable to recover jobs/'
is "$(count "$LSV_SPOOL/route/new")" 1 'the inbox file is still there'
mark
ok 'once fsync works it does' wait_for 20 settled
ok 'and the mail leaves' finished 10
is "$(taken "owner-small@$node" | sort | uniq -c | tr -s ' \n' ' ')" \
	' 3 a@example.net 3 b@example.net 3 c@example.net ' \
	'all have each posting exactly once'
done_testing
