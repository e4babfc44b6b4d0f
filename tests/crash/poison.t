#!/bin/sh
# A file on which processes crash: after three times it is set aside, and all
# else goes on; with a preload that crashes them where they meet its words.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mark.sh"

host --delay 0
tree_make "$port" RETRY_MAX=300ms "SMTP_FORWARD_1=2*127.0.0.1:$port"
with small a b c
with bitter one wormwood two
list large
seq 1 3000 | awk '{ print "s" $1 "@d" $1 % 97 ".example.net" }' |
	lsv-list import large >"$T/import"
ok 'the services start' mark_up

# only DIR - the name of the one file below it
only() {
	find "$1" -type f ! -name '*.why' -printf '%f\n'
}

is_held() {
	[ -n "$(only "$LSV_SPOOL/pool/default/held")" ]
}

# others NAME... - postings to other lists go through
others() {
	for other; do
		letter 'to others' | to "$other"
	done
	finished 30
}

# --- a worker ----------------------------------------------------------------

workers_died() {
	[ "$(events lsv-smtpw 'worker-died .*signal=6')" -ge "$1" ]
}

mark lsv-smtpw send wormwood
letter poison | post joe@example.com "bitter@$node"
ok 'workers crash while a file is delivered' wait_for 10 workers_died 2
ok 'other mail leaves meanwhile' \
	others small large small
ok 'the file is held' wait_for 20 is_held
held=$(only "$LSV_SPOOL/pool/default/held")
ok 'after three crashes' wait_for 5 workers_died 3
# the other one may have taken it before it was moved
crashes=$(events lsv-smtpw 'worker-died .*signal=6')
ok 'or one more' test "$crashes" -le 4
is "$(events lsv-smtpw "$held held why=.*workers died of it")" 1 'the log says why'
run lsv-queue show "$held"
like "$(cat "$T/out")" "^$held .*held" 'lsv-queue shows it'
run lsv-queue trace "$held"
like "$(cat "$T/out")" 'held' 'and traces it'
ok 'other mail leaves after that' others small large
is "$(events lsv-smtpw worker-died)" "$crashes" 'without further crashes'
is "$(taken "owner-bitter@$node")" '' 'nobody got the mail'

mark
ok 'released by a person' lsv-queue release "$held"
echo bitter >>"$T/jobs"
ok 'the file is delivered once nothing crashes' finished
is "$(taken "owner-bitter@$node" | tr '\n' ' ')" \
	'one@example.net two@example.net wormwood@example.net ' 'to all, once'

# --- a child of lsv-route ----------------------------------------------------

is_bad() {
	[ -n "$(only "$LSV_SPOOL/route/bad")" ]
}

child_died() {
	[ "$(events lsv-route child-failed)" -ge 1 ]
}

mark lsv-route read wormwood
letter with wormwood | post joe@example.com "large@$node"
ok 'processes crash on a posting to a large list' wait_for 10 child_died
ok 'other mail leaves meanwhile' \
	others small large small
ok 'the posting is set aside' wait_for 20 is_bad
bad=$(only "$LSV_SPOOL/route/bad")
is "$(events lsv-route "$bad child-failed signal=6")" 3 'after three crashes'
is "$(cat "$LSV_SPOOL/route/bad/$bad.why")" 'processes died of it' \
	'with the reason beside it'
is "$(events lsv-route "$bad bad .*why=.*processes died of it")" 1 \
	'the log says so'
run lsv-queue trace "$bad"
like "$(cat "$T/out")" 'processes died of it' 'lsv-queue as well'
is "$(only "$LSV_SPOOL/route/new")" '' 'the inbox is empty'
is "$(find "$LSV_SPOOL/jobs" -mindepth 1 ! -name stage)" '' 'no job is begun'
ok 'other mail leaves after that' others small large
is "$(events lsv-route child-failed)" 3 'without further crashes'

is "$(cut -f 2,5 "$T/taken" | sort | uniq -d)" '' 'nobody got anything twice'
is "$(taken "owner-large@$node" | wc -l) $(taken "owner-small@$node" | wc -l)" \
	'12000 18' 'all others got everything'
done_testing
