#!/bin/sh
# Who is blamed when a worker crashes: the file that made it crash, wherever,
# and not the one that it delivers beside it.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mark.sh"

host --delay 0
tree_make "$port" RETRY_MAX=300ms
with small a b c
with bitter one wormwood two
ok 'the services start' mark_up

held() {
	find "$LSV_SPOOL/pool/default/held" -type f | wc -l
}

some_held() {
	[ "$(held)" != 0 ]
}

# --- the file beside it ------------------------------------------------------

mark lsv-smtpw send wormwood
pid=$(smtpw_pid)
# shellcheck disable=SC2046 # process numbers
kill -STOP "$pid" $(pgrep -P "$pid")
letter poison | post joe@example.com "bitter@$node"
letter innocent | to small
sleep 1
# shellcheck disable=SC2046 # process numbers
kill -CONT $(pgrep -P "$pid") "$pid"
ok 'a file on which workers crash is held' wait_for 20 some_held
ok 'a file that was open beside it is delivered' finished 15
is "$(held)" 1 'and not held'
lsv-queue --yes --no-report --all remove >"$T/removed" 2>&1

# --- a crash while the file is read ------------------------------------------

mark lsv-smtpw read wormwood
letter poison | post joe@example.com "bitter@$node"
ok 'a file on which workers crash as they read it is held' \
	wait_for 20 some_held
letter after | to small
ok 'other mail leaves' finished 15
done_testing
