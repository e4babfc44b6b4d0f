#!/bin/sh
# What hosts that offer DSN (RFC 3461) are told to report, and that a host which
# offers it without knowing it gets its mail all the same.
# shellcheck disable=SC2119 # functions with arguments of their own
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

host --dsn --chunking --smtputf8
tree_make "$port" MAXBSMTP=8
with crew a b+c
list each 'Misc-Options= VERP'
lsv-list add each a@example.net 2>/dev/null
list failing 'Errors-To= keeper@example.net'
lsv-list add failing a@example.net 2>/dev/null

# said REGEX - how often we said so
said() {
	grep -cE "^[0-9]+> $1" "$T/trace"
}

# job LIST - ID of the last posting to it
job() {
	log lsv-route | sed -n "s/.* \([0-9a-f.]*\) done list=$1 .*/\1/p" |
		tail -n 1
}

ok 'the services start' tree_up
letter grouped | to crew
ok 'a posting goes out' finished
is "$(said "MAIL FROM:<owner-crew@$node> RET=HDRS ENVID=$(job CREW)")" 1 \
	'reports shall be small, and name the job'
is "$(said 'RCPT TO:<a@example[.]net> NOTIFY=FAILURE ORCPT=rfc822;a@example[.]net')" \
	1 'and the subscriber, when he cannot be reached'
is "$(said 'RCPT TO:<b[+]c@example[.]net> NOTIFY=FAILURE ORCPT=rfc822;b[+]2Bc@example[.]net')" \
	1 'as xtext'

letter one by one | to each
ok 'a posting with VERP goes out' finished
is "$(said "MAIL FROM:<owner-each[+]a=example.net@$node> RET=HDRS ENVID=$(job EACH)")" \
	1 'with the same parameters'

letter bounce | post '' "owner-failing@$node"
forwarded() {
	[ "$(said 'MAIL FROM:<>$')" = 1 ]
}
ok 'mail with the null sender goes out' wait_for 10 forwarded
is "$(said 'RCPT TO:<keeper@example[.]net> NOTIFY=NEVER$')" 1 \
	'nobody shall report that'

# --- hosts that refuse what they offered --------------------------------------

# refusing WHERE=WHAT... - a host that does
refusing() {
	host_end
	: >"$T/trace"
	: >"$T/taken"
	host --dsn --on "$1"
	lsv-service reload
}

refusing mail:1='555 5.5.4 RET is not known'
letter to one who refuses MAIL | to crew
ok 'a host that refuses the parameters of MAIL' finished
is "$(taken | tr '\n' ' ')" 'a@example.net b+c@example.net ' 'gets the mail'
is "$(said 'MAIL ') $(said 'MAIL [^ ]*$') $(said 'RCPT [^ ]*$')" '2 1 2' \
	'without them'
letter once more | to crew
ok 'and the next' finished
is "$(said 'MAIL ') $(said 'RCPT [^ ]*$')" '3 4' 'they are not said again'

refusing rcpt:1='501 5.5.4 ORCPT is not known'
letter to one who refuses RCPT | to crew
ok 'a host that refuses those of a recipient' finished
is "$(taken | tr '\n' ' ')" 'a@example.net b+c@example.net ' 'gets the mail'
is "$(said 'RCPT ') $(said 'RCPT [^ ]*$')" '3 1' \
	'of who was refused without them'

refusing mail='501 5.5.4 I know no senders'
letter to one who refuses all | to crew
ok 'a host that refuses all the same' finished
is "$(taken)" '' 'gets nothing'
is "$(said 'MAIL FROM:<owner')" 2 'and is asked twice, no more'

host_end
like "$(tail -n 1 "$T/host.out")" 'violations 0$' 'no rule was broken'
is "$(grep -c violation "$T/host.err")" 0 'nor before'
done_testing
