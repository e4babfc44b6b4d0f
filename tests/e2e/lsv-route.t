#!/bin/sh
# lsv-route: from a list to files for the workers, home again, and what is told
# to whom; on a private tree with all services.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

# The spool has a file system of its own, where that is possible.
mkdir -p "$T/site/spool"
mounted=
if is_root && mount -t tmpfs -o size=64m tmpfs "$T/site/spool"; then
	mounted=1
	at_exit "umount '$T/site/spool'"
fi

host --delay 0
tree_make "$port" RETRY_MAX=5s "SMTP_FORWARD_1=2*127.0.0.1:$port"
list large
seq 1 5000 | awk '{ print "s" $1 "@d" $1 % 97 ".example.net" }' >"$T/5000"
ok 'a list of 5,000' lsv-list import large "$T/5000"
ok 'the services start' tree_up

files() {
	find "$@" -type f 2>/dev/null | wc -l
}

# Nothing is under way, nothing left over.
spool_empty() {
	[ "$(files "$LSV_SPOOL"/*/new "$LSV_SPOOL"/*/tmp "$LSV_SPOOL"/*/bad \
		"$LSV_SPOOL"/pool/*/)" = 0 ] &&
		[ -z "$(find "$LSV_SPOOL/jobs" -mindepth 1 ! -name stage)" ]
}

# job_of_last - the ID of the posting that was over last
job_of_last() {
	log lsv-route | grep -o '[0-9a-f]*[.][0-9a-f]\{10\} done ' | tail -n 1 |
		cut -d ' ' -f 1
}

# --- a small and a large one -------------------------------------------------

with small a b c
{
	letter small
	yes 'a line of the message' | head -n 2000
} | to small
ok 'a small posting' finished
is "$(taken "owner-small@$node" | tr '\n' ' ')" \
	'a@example.net b@example.net c@example.net ' 'goes to all, once'
job=$(job_of_last)
done_file=$(find "$LSV_SPOOL/done" -name "$job")
ok 'its file is kept in done/' test -f "$done_file"
is "$(tail -n 1 "$done_file")" E 'with its journal'
not_ok 'and without the message' grep -q 'a line of the message' "$done_file"
rm -r "$LSV_SPOOL"/done/*
letter again | to small
ok 'a posting after its directory in done/ went' finished
ok 'makes that anew' test -f "$LSV_SPOOL/done/$(date +%Y%m%d)/$(job_of_last)"

letter large | to large
ok 'a posting to 5,000' finished 30
is "$(taken "owner-large@$node" | uniq | wc -l)" 5000 'goes to all'
is "$(taken "owner-large@$node" | uniq -d)" '' 'once'
job=$(job_of_last)
like "$(log lsv-route | grep "$job routed")" \
	'rcpts=5000 .*files=([5-9]|[1-9][0-9]+)$' 'in several files'
dir=$(find "$LSV_SPOOL/done" -name "$job" -type d)
ok 'its directory moves to done/' test -d "$dir"
not_ok 'without the message' test -e "$dir/body"
is "$(find "$dir" -name "$job.*" | wc -l)" "$(log lsv-route |
	grep "$job routed" | grep -o '[0-9]*$')" 'with all its files'
ok 'and nothing is left over' wait_for 5 spool_empty

# --- who gets it -------------------------------------------------------------

with empty nobody
lsv-list remove empty nobody@example.net >"$T/removed"
letter 'to nobody' | post joe@example.com "empty@$node"
dropped() {
	log lsv-route | grep -q 'dropped rule=no-recipients'
}
ok 'a posting to a list without subscribers is dropped, with a word' \
	wait_for 10 dropped

with some yes nomail norepro
{
	lsv-list add some joe@example.com Joe
	lsv-list set some nomail@example.net NOMAIL
	lsv-list set some joe@example.com NOREPRO
	lsv-list set some norepro@example.net NOREPRO
} >"$T/added"
letter 'with options' | to some
ok 'subscribers with options' finished
is "$(taken "owner-some@$node" | tr '\n' ' ')" \
	'norepro@example.net yes@example.net ' \
	'NOMAIL gets none, NOREPRO not what he wrote himself'

list verp 'Misc-Options= VERP'
printf '%s\n' a@example.net b.c@example.com | lsv-list import verp >"$T/import"
letter verp | to verp
ok 'a list with VERP' finished
is "$(cut -f 1,2 "$T/taken" | grep owner-verp | sort)" \
	"$(printf '%s\t%s\n' \
		"owner-verp+a=example.net@$node" a@example.net \
		"owner-verp+b.c=example.com@$node" b.c@example.com)" \
	'one sender for each recipient'

# --- reports -----------------------------------------------------------------

{
	sed -n 1,3000p "$T/5000"
	for i in 1 2 3; do
		echo "r550.$i@d$i.example.net"
	done
	echo 'r550.4@z.example.org'
} >"$T/bad"
list bad
ok 'a list with four bad addresses' lsv-list import bad "$T/bad"
letter bad | to bad
ok 'a posting to it' finished 30
# reports LIST - the names of the reports that came in
reports() {
	grep -l "^To: owner-$1@" /dev/null "$T"/saved/*.eml 2>/dev/null
}
ok 'is reported' wait_for 10 reports bad
is "$(reports bad | wc -l)" 1 'once'
tr -d '\r' <"$(reports bad)" >"$T/report"
is "$(grep -c '^Final-Recipient: rfc822; r550' "$T/report")" 4 \
	'with all four of them'
is "$(grep -c '^Final-Recipient:' "$T/report")" 4 'and nobody else'
like "$(cat "$T/report")" '^Auto-Submitted: auto-' 'it says that it is automatic'
like "$(grep "$(job_of_last) done" "$LSV_LIB/log/lsv-route/current")" \
	'rcpts=3004 delivered=3000 failed=4' 'the log says the same'

# Nobody reports to the null sender: a forwarded bounce that fails.
list lost 'Errors-To= r550.owner@example.net'
lsv-list add lost r550.x@example.net >"$T/added"
letter bounce | post '' "owner-lost@$node"
bounced() {
	log lsv-route | grep 'done list=LOST' | grep -q 'failed=1'
}
ok 'a bounce that cannot be delivered' wait_for 10 bounced
not_ok 'is not reported' reports lost

# --- what is too old ---------------------------------------------------------

tree_config RETRY_MAX=5s QUEUE_LIFE=2s
ok 'a reload' lsv-service reload
with late r450.1 good r450.2
letter late | to late
tried() {
	log lsv-smtpw | grep 'deferred rcpts=3' | grep -q 'tries=[5-9]'
}
ok 'recipients who are put off again and again' wait_for 15 tried
restart_route
ok 'are given up after QUEUE_LIFE' finished
ok 'and reported' wait_for 10 reports late
tr -d '\r' <"$(reports late)" >"$T/report"
is "$(grep '^Final-Recipient:' "$T/report" | cut -d ' ' -f 3 | sort |
	tr '\n' ' ')" 'r450.1@example.net r450.2@example.net ' 'each once'
is "$(grep -c '^Status: 4\.4\.7' "$T/report")" 2 'as expired'
like "$(cat "$T/report")" '^Diagnostic-Code: smtp; *450 ' \
	'with what the relay said last'
restart_route
is "$(reports late | wc -l)" 1 'in one report, also after a restart'
is "$(taken | grep -c '^good@')" 1 'the other has it once'
like "$(log lsv-route)" 'expired rcpts=2' 'the log says so'

# --- killed ------------------------------------------------------------------

tree_config RETRY_MAX=300ms "SMTP_FORWARD_1=2*127.0.0.1:$port"
lsv-service reload
: >"$T/taken"
before=$(jobs)
for i in 1 2 3 4; do
	letter "killed $i" | to large
	letter "killed $i, small" | to small
	sleep 0.1
	kill -9 "$(route_pid)"
	sleep "0.$((i * 2))"
	kill -9 "$(route_pid)" 2>/dev/null
	sleep 1
done
ok 'lsv-route is killed again and again' finished 40
is "$(cut -f 2,5 "$T/taken" | sort -u | wc -l)" $((4 * 5003)) \
	'all get all postings'
is "$(wc -l <"$T/taken")" $((4 * 5003)) 'exactly once'
is "$(($(jobs) - before))" 8 'eight jobs'
is "$(log lsv-route | grep -o '^[^ ]* [^ ]* *[0-9a-f]*[.][0-9a-f]* done ' |
	cut -c 30- | sort | uniq -d)" '' 'none of which was over twice'
ok 'nothing is left over' wait_for 5 spool_empty

# --- a full disk -------------------------------------------------------------

if [ -n "$mounted" ]; then
	: >"$T/taken"
	pid=$(route_pid)
	kill -STOP "$pid"
	letter 'on a full disk' | to large
	waits() {
		[ "$(files "$LSV_SPOOL/route/new")" = 1 ]
	}
	wait_for 10 waits
	head -c 128m /dev/zero >"$LSV_SPOOL/filler" 2>/dev/null
	kill -CONT "$pid"
	complains() {
		log lsv-route | grep -q 'No space left'
	}
	ok 'lsv-route says that the disk is full' wait_for 15 complains
	ok 'and goes on' lsv-service status
	rm "$LSV_SPOOL/filler"
	ok 'once there is room the posting leaves' finished 45
	is "$(taken | uniq | wc -l) $(taken | uniq -d | wc -l)" '5000 0' \
		'to all, once'
else
	skip 'only root can mount a small file system' 4
fi

# --- what it cannot work with ------------------------------------------------

lsv-service down 2>/dev/null
own() {
	tree_as lsvroute timeout 10 lsv-route
}
printf 'lsv-file 1\nnonsense\nend\nx' >"$T/damaged"
damaged=0647c1a2b3d4e.9f02c4d1aa
cp "$T/damaged" "$LSV_SPOOL/route/new/$damaged"
chmod 640 "$LSV_SPOOL/route/new/$damaged"
! is_root || chown lsvscore:lsvin "$LSV_SPOOL/route/new/$damaged"
tree_up
ok 'a damaged file goes to bad/' \
	wait_for 10 test -e "$LSV_SPOOL/route/bad/$damaged"
ok 'with the reason beside it' \
	wait_for 5 test -s "$LSV_SPOOL/route/bad/$damaged.why"
letter 'after that' | to small
ok 'and the rest goes on' finished
lsv-service down 2>/dev/null

mv "$LSV_SPOOL/done" "$LSV_SPOOL/gone"
run own
is "$status" 111 'without done/: exit 111'
like "$(cat "$T/err")" 'lsv-route: fatal: .*No such file' 'and says so'
mv "$LSV_SPOOL/gone" "$LSV_SPOOL/done"
chmod 0 "$LSV_SPOOL/jobs/stage"
! is_root || chown root "$LSV_SPOOL/jobs/stage"
run own
is "$status" 111 'with a directory that it may not read: exit 111'
like "$(cat "$T/err")" 'lsv-route: fatal: .*jobs.*Permission denied' \
	'and says which'
chmod 2750 "$LSV_SPOOL/jobs/stage"
! is_root || chown lsvroute:lsvjob "$LSV_SPOOL/jobs/stage"
mv "$LSV_ETC/site.cdb" "$T/site.cdb"
run own
is "$status" 100 'without a configuration: exit 100'
like "$(cat "$T/err")" 'lsv-config apply' 'and says what to do'
done_testing
