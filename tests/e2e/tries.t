#!/bin/sh
# What lsv-smtpw does from one try to the next: transactions get smaller around
# a recipient who breaks them, and mail for a relay that stays away is given up
# in its time.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

host --delay 0
tree_make "$port" MAXBSMTP=8 RETRY_MAX=300ms

# --- one who takes those beside him along ------------------------------------

# sizes - recipients named in each transaction, in the order of transactions
sizes() {
	awk '/^[0-9]+> MAIL /{ if (n) printf "%d ", n; n = 0 }
		/^[0-9]+> RCPT /{ n++ }
		END { if (n) printf "%d ", n }' "$T/trace"
}

with crew a1 a2 a3 a4 a5 a6 a7 at-close
ok 'the services start' tree_up
letter crew | to crew
all_but_one() {
	[ "$(taken | wc -l)" = 7 ] && [ "$(sizes | wc -w)" -ge 8 ]
}
ok 'a relay that goes away when one recipient is named' wait_for 20 all_but_one
like "$(sizes)" '^8 8 4 4 2 2 1 1 ' \
	'two tries with all, then transactions of half the size with each try'
is "$(taken | sed 's/@.*//' | tr '\n' ' ')" 'a1 a2 a3 a4 a5 a6 a7 ' \
	'so all others get it, once'
is "$(events lsv-smtpw 'sent rcpts=8')" 0 'and he is tried again'
remove_all() {
	lsv-queue --yes --no-report --all remove
	finished 0
}
ok 'until a person gives him up' wait_for 10 remove_all

# --- a relay that stays away -------------------------------------------------

with away nobody
lsv-service down 2>/dev/null
host_end
host --refuse

# again LINE... - the services with these lines; what happened is counted anew
again() {
	tree_config RETRY_MIN=3s RETRY_MAX=4h "$@"
	put_off=$(events lsv-smtpw deferred)
	were_down=$(events lsv-smtpw host-down)
	tree_up
}

# downs N - so many connections failed
downs() {
	[ $(($(events lsv-smtpw host-down) - were_down)) -ge "$1" ]
}

# tried - so many files were put off
tried() {
	echo $(($(events lsv-smtpw deferred) - put_off))
}

tried_are() {
	[ "$(tried)" -ge "$1" ]
}

# The relay is tried 0, 1, 3 and 7 seconds after the start.
for i in 1 2 3; do
	letter "may wait $i" | to away
done
again QUEUE_LIFE=1h
ok 'a relay that is away is tried again' wait_for 10 downs 2
is "$(tried)" 0 'before RETRY_MIN that counts for no mail'
ok 'then it does, for one file' wait_for 10 tried_are 1
ok 'each time' wait_for 10 downs 4
sleep 0.5
is "$(tried)" 2 'and no more, while all mail may still wait'
lsv-service down 2>/dev/null
ok 'a person holds it' lsv-queue --all hold

many=205    # more than are tried ...
at_once=200 # ... with one failed connection
given_up() {
	[ "$(events lsv-route ' expired rcpts=1 ')" -ge "$1" ]
}

for i in $(seq "$many"); do
	letter "is late $i" | to away
done
again QUEUE_LIFE=1s
ok 'after QUEUE_LIFE one attempt counts for many files' \
	wait_for 15 tried_are "$at_once"
kill -9 "$(route_pid)" # it looks for what to give up when it starts
ok 'which are given up' wait_for 10 given_up "$at_once"
sleep 0.5
is "$(tried)" "$at_once" 'so many at once'
is "$(events lsv-route ' expired ')" "$at_once" \
	'and none that no attempt counted for'
lsv-queue --all release >"$T/released"
kill -USR1 "$host_pid"
kill -9 "$(smtpw_pid)" # its successor tries the relay at once
ok 'when the relay is back all is over' finished 30
is "$(taken "owner-away@$node" | wc -l)" $((3 + many - at_once)) \
	'what was not given up is delivered'
reported() {
	[ "$(taken '<>' | grep -c "^owner-away@")" -ge "$at_once" ]
}
ok 'the rest is reported' wait_for 20 reported
is "$(cat "$T"/saved/*.eml | grep -c '^Status: 4[.]4[.]7')" "$at_once" \
	'as expired'
done_testing
