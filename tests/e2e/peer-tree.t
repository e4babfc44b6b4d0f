#!/bin/sh
# lsv-peer among the others: postings of which another server gets its part as
# one mail, and those that are too large for one.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

port=$(free_port)
tree_make "$port" 'RUNMODE=TABLELESS gate.example' 'PEER_MAXSIZE=100K'
tree_up
host --save "$T/saved"
list far
seq 1 5000 | sed 's/.*/user&@d&.example/' >"$T/far"
{
	cat "$T/far"
	echo "near@$node"
} | subscribe far

# jobs_of - the recipients of all jobs that the host got, sorted
jobs_of() {
	for jobs_file in "$T"/saved/*; do
		! grep -q '^// DIST2 MAIL' "$jobs_file" || {
			python3 "$TOP/tests/reference/job.py" "$jobs_file" "$T/job" >>"$T/read"
			sed 's/ BSMTP$//' "$T/job/to"
		}
	done | sort
}

letter one | to far
ok 'a posting, of which another server gets nearly all' finished 30
ok '... and these are on their way' wait_for 20 sh -c \
	"[ \$(grep -l '^// DIST2 MAIL' '$T'/saved/* | wc -l) -ge 2 ]"
nothing_waits() {
	[ -z "$(find "$LSV_SPOOL/route/new" "$LSV_SPOOL/pool/peer" \
		"$LSV_SPOOL/pool/default" "$LSV_SPOOL/jobs" -type f)" ]
}
wait_for 20 nothing_waits
sort "$T/far" >"$T/want"
jobs_of >"$T/got"
ok '... each in one job' cmp "$T/want" "$T/got"
is "$(find "$T/saved" -type f -size +100k | wc -l)" 0 '... none of which is over PEER_MAXSIZE'
is "$(taken "" | grep -v "LISTSERV@gate.example")" "near@$node" '... and the rest is delivered'
like "$(lsv-log)" 'Mail forwarded to GATE.EXAMPLE for 5000 recipients\.' 'the log tells of it'
like "$(lsv-log)" 'File [0-9]+ mailed to GATE.EXAMPLE for [0-9]+ recipients\.' '... and of each mail'

rm -f "$T"/saved/*
{
	letter large
	head -c 120000 /dev/zero | tr '\0' x | fold -w 70
	echo
} | to far
all_taken() {
	[ "$(taken "" | grep -c '@d[0-9]*\.example')" = 5000 ]
}
ok 'a message over PEER_MAXSIZE is delivered to all from here' \
	wait_for 60 all_taken
is "$(grep -l '^// DIST2' "$T"/saved/* 2>/dev/null | wc -l)" 0 '... and is in no job'

done_testing
