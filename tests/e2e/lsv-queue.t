#!/bin/sh
# lsv-queue: what it shows of a private spool, and what it changes
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/spool.sh"

mkmail=$LSV_BUILD/tests/lib/mkmail
cat >"$LSV_ETC/site.cfg" <<END
NODE=lists.example.org
POSTMASTER=ann@example.net
SMTP_FORWARD=127.0.0.1
RETRY_MIN=10m
END
lsv-config apply >/dev/null

spool() {
	rm -rf "$LSV_SPOOL"
	for box in score route peer; do
		mkdir -p "$LSV_SPOOL/$box/new" "$LSV_SPOOL/$box/bad"
		mkfifo "$LSV_SPOOL/$box/trigger"
		: >"$LSV_SPOOL/$box/lock"
	done
	mkdir -p "$LSV_SPOOL/jobs/stage" "$LSV_SPOOL/done" "$pool/finished"
	for p in A B C D E F G H I J K L M N O P Q R S T U V W X Y Z default peer; do
		mkdir -p "$pool/$p/now" "$pool/$p/later" "$pool/$p/held"
	done
	mkfifo "$pool/trigger" "$pool/finished.trigger" "$pool/peer/trigger"
	: >"$pool/lock"
}

spool
now=$(made 60 1) later=$(made 7200 2) held=$(made 300 3) finished=$(made 30 4)
job=$(made 500 5)
tried=$(us -100) due=$(us 500)
$mkmail "$pool/default/now/$now" TEST owner-test@lists.example.org \
	ann@example.com bob@example.com </dev/null
$mkmail -p B "$pool/B/later/$later" OTHER owner-other@lists.example.org \
	ann@example.com joe@example.net kim@example.net <<END
D 0-0 250 2.0.0 $tried 127.0.0.1:25 Ok: queued
R 1-2 450 4.2.1 $tried 127.0.0.1:25 Mailbox busy
L $due 1
END
$mkmail "$pool/default/held/$held" TEST owner-test@lists.example.org \
	bob@example.com </dev/null
$mkmail "$pool/finished/$finished" '' '' ann@example.com <<END
F 0-0 550 5.1.1 $tried 127.0.0.1:25 User unknown
E
END
mkdir "$LSV_SPOOL/jobs/$job"
$mkmail "$LSV_SPOOL/jobs/$job" BIG owner-big@lists.example.org </dev/null
printf 'C 2 -\nW 2 4 61\n' >"$LSV_SPOOL/jobs/$job/plan"
$mkmail "$LSV_SPOOL/jobs/$job/$job.000001" BIG owner-big@lists.example.org \
	one@example.org two@example.org <<END
D 0-1 250 2.0.0 $tried 127.0.0.1:25 Ok
E
END
$mkmail "$pool/default/now/$job.000002" BIG owner-big@lists.example.org \
	three@example.org four@example.org </dev/null
fresh=$(made 2 6) bad=$(made 9 7)
echo 'not a head' >"$LSV_SPOOL/score/new/$fresh"
echo 'it smells' >"$LSV_SPOOL/route/bad/$bad.why"
echo 'text' >"$LSV_SPOOL/route/bad/$bad"

# --- show ------------------------------------------------------------------

run lsv-queue show
is "$status" 0 'show: exit 0'
like "$(head -n 1 "$T/out")" \
	'^score 1  scan 0  hold 0  command 0  route 0  jobs 1  now 2  later 1  held 1  finished 1$' \
	'the first line counts the files of each state'
like "$(cat "$T/out")" "^$now  *TEST  *-  *now  *2  *2  *0  *6[0-9]s  *-  *$" \
	'a file that was never tried'
like "$(cat "$T/out")" \
	"^$later  *OTHER  *B  *later  *3  *2  *1  *2h  *[78]m  450 4.2.1 Mailbox busy$" \
	'a file that waits for its next try'
like "$(cat "$T/out")" "^$held .* held " 'a held file'
like "$(cat "$T/out")" \
	"^$finished  *-  *-  *finished  *1  *0 .* 550 5.1.1 User unknown$" \
	'a finished file'
like "$(cat "$T/out")" \
	"^$job  *BIG  .* jobs .* 1 of 2 parts are home, more are being made$" \
	'a large job'
like "$(cat "$T/out")" "^$fresh .*damaged: " 'a damaged file'
like "$(tail -n 1 "$T/out")" \
	'^7 files, 7 recipients left, the oldest came in 2h ago$' \
	'the last line sums up'

run lsv-queue --json show
is "$(json 'd["counts"]["later"]')" 1 'JSON: counts'
is "$(json '[f["left"] for f in d["files"] if f["state"] == "later"]')" \
	'[2]' 'JSON: recipients left'
is "$(json '[f["last"]["text"] for f in d["files"] if f["state"] == "later"]')" \
	"['Mailbox busy']" 'JSON: the last reply'
is "$(json '[f["parts_home"] for f in d["files"] if f["state"] == "jobs"]')" \
	'[1]' 'JSON: a job'

run lsv-queue show pool B
is "$(grep -c "^$later" "$T/out") $(grep -c "^$now" "$T/out")" '1 0' \
	'one pool only'
run lsv-queue --list test show
is "$(grep -cE "^($now|$held)" "$T/out") $(grep -c OTHER "$T/out")" '2 0' \
	'one list only, in any case of letters'
run lsv-queue show "$now"
is "$(grep -cE '^[0-9a-f]{13}\.' "$T/out")" 1 'one ID only'
run lsv-queue show 0000000000000.0000000000
is "$status" 1 'nothing matched: exit 1'

run lsv-queue show --age
is "$status" 0 'show --age: exit 0'
like "$(head -n 1 "$T/out")" \
	'^POOL  HOST  *T  *5  *10  *20  *40  *80  *160  *320  *640  *1280  *1280[+]$' \
	'show --age: the columns of qshape'
like "$(cat "$T/out")" '^TOTAL  *7  *2  *3  *0  *0  *0  *2  *0' \
	'show --age: recipients left, in all'
like "$(cat "$T/out")" '^B  *127.0.0.1:25  *2  *0  *0  *0  *0  *0  *2  *0' \
	'show --age: by pool and the host that answered last'
like "$(cat "$T/out")" '^-  *-  *5  *2  *3  *0' \
	'show --age: what no host has answered'
run lsv-queue --age --json show pool B
is "$(json 'd["minutes"]')" '[5, 10, 20, 40, 80, 160, 320, 640, 1280]' \
	'show --age: JSON: ends of the columns'
is "$(json '[(r["pool"], r["host"], r["recipients"], r["by_age"][5]) for r in d["rows"]]')" \
	"[('B', '127.0.0.1:25', 2, 2)]" 'show --age: JSON: one pool'
run lsv-queue --age --list nobody show
is "$status" 1 'show --age: nothing matched: exit 1'
run lsv-queue --age watch
is "$status" 100 'show --age: of nothing else'

# --- trace -----------------------------------------------------------------

run lsv-queue trace "$later"
is "$status" 0 'trace: exit 0'
like "$(cat "$T/out")" \
	'^  state  later, pool B; 3 recipients, 2 left, 0 failed, 1 try before$' \
	'the state of a file'
like "$(cat "$T/out")" \
	'why    last answer 450 4.2.1 from 127.0.0.1:25: Mailbox busy; lsv-smtpw does not run' \
	'why it waits, and that nobody will come'
like "$(cat "$T/out")" '^  rule   service-down$' 'and the rule'
like "$(cat "$T/out")" \
	'^    ann@example.com  *delivered .* 250 2.0.0 127.0.0.1:25 Ok: queued$' \
	'what became of one recipient'
like "$(cat "$T/out")" '^    kim@example.net  *retry .* 450 4.2.1' \
	'and of another'

# the service runs, and one of its workers has a file
cat >"$T/locker" <<'END'
import fcntl, os, struct, sys, time
F_OFD_SETLK = 37
for path in sys.argv[2:]:
    fcntl.fcntl(os.open(path, os.O_RDWR), F_OFD_SETLK,
        struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0))
open(sys.argv[1], 'w').close()
time.sleep(60)
END
python3 "$T/locker" "$T/locked" "$pool/lock" "$pool/default/now/$now" &
locker=$!
at_exit "kill $locker 2>/dev/null"
wait_for 10 test -e "$T/locked"
run lsv-queue trace "$later"
like "$(cat "$T/out")" \
	'the delay is RETRY_MIN=10m, doubled with every try up to RETRY_MAX=4h; QUEUE_LIFE=5d' \
	'with the service up the delays are told'
like "$(cat "$T/out")" '^  rule   retry$' 'rule retry'
like "$(cat "$T/out")" '^  next   .*, in [78]m$' 'and when it is tried again'
run lsv-queue trace "$now"
like "$(cat "$T/out")" 'a worker is delivering it just now' \
	'a file under delivery'
like "$(cat "$T/out")" 'ann@example.com  *untried$' \
	'a recipient that was not tried'
run lsv-queue show
like "$(cat "$T/out")" "^$now .* busy " 'show says so too'

run lsv-queue hold "$now"
is "$status" 111 'what is being delivered cannot be held: exit 111'
like "$(cat "$T/out")" \
	"^busy $now TEST, 2 recipients left: it is being delivered" \
	'and is said to be busy'
ok 'it stays where it is' test -e "$pool/default/now/$now"
kill "$locker"
wait "$locker" 2>/dev/null

run lsv-queue trace ann@EXAMPLE.com
is "$(grep -cE '^[0-9a-f]{13}\.[0-9a-f]+ \(file' "$T/out")" 3 \
	'an address: all files that have it'
like "$(cat "$T/out")" '^    ann@example.com: delivered$' 'with its result'
like "$(cat "$T/out")" \
	'^      failed .* 550 5.1.1 127.0.0.1:25 User unknown$' 'and each try'
unlike "$(cat "$T/out")" 'joe@' 'and nobody else'
run lsv-queue --json trace three@example.org
is "$(json 'd["files"][0]["results"][0]["result"]')" untried \
	'JSON: an address'
is "$(json 'd["files"][0]["rule"]')" service-down 'JSON: the rule'
run lsv-queue trace "$job"
is "$(grep -c '(file' "$T/out")" 3 'a job: itself and its parts'
like "$(cat "$T/out")" 'two@example.org  *delivered' 'with the recipients'
run lsv-queue --summary trace "$job"
unlike "$(cat "$T/out")" 'two@example.org' 'and without'
run lsv-queue trace "$bad"
like "$(cat "$T/out")" 'why    it cannot be used: it smells' \
	'a bad file, with the reason'
number=$((0x${now%.*} % 10000000))
run lsv-queue trace "$number"
like "$(cat "$T/out")" "^$now .*file $number" 'a file number of the log'
run lsv-queue trace nobody@example.org
is "$status" 1 'an unknown address: exit 1'
run lsv-queue trace 'no address@'
is "$status" 100 'no address at all: exit 100'
run lsv-queue trace xyz
is "$status" 100 'neither ID nor address: exit 100'

# --- what is over ----------------------------------------------------------

day=$(date +%Y%m%d)
mkdir "$LSV_SPOOL/done/$day"
over=$(made 900 10) overjob=$(made 950 11)
$mkmail "$LSV_SPOOL/done/$day/$over" TEST owner-test@lists.example.org \
	sue@example.com <<END
D 0-0 250 2.0.0 $tried 127.0.0.1:25 Ok
E
END
mkdir "$LSV_SPOOL/done/$day/$overjob"
$mkmail "$LSV_SPOOL/done/$day/$overjob" BIG owner-big@lists.example.org \
	</dev/null
printf 'C 2 -\nW 1 1 61\nE 1 1\n' >"$LSV_SPOOL/done/$day/$overjob/plan"
$mkmail "$LSV_SPOOL/done/$day/$overjob/$overjob.000001" BIG \
	owner-big@lists.example.org sue@example.com <<END
F 0-0 550 5.1.1 $tried 127.0.0.1:25 User unknown
E
END
run lsv-queue trace sue@example.com
is "$(grep -c "it is over since $day; kept KEEP_DONE=7 days" "$T/out")" 2 \
	'what is over is known as long as it is kept'
like "$(cat "$T/out")" 'sue@example.com: failed' 'in large jobs'
like "$(cat "$T/out")" 'sue@example.com: delivered' 'and small ones'
unsaved=$(made 980 12)
$mkmail "$LSV_SPOOL/done/$day/$unsaved" TEST owner-test@lists.example.org \
	unsaved@example.com late@example.com <<END
R 1-1 450 4.2.1 $tried 127.0.0.1:25 Later
END
run lsv-queue trace "$unsaved"
like "$(cat "$T/out")" 'state  done, [0-9]*; 2 recipients, 0 left, 0 failed' \
	'what a power cut took the journal of is over, too'
like "$(cat "$T/out")" 'unsaved@example.com *delivered, the answer was not saved' \
	'and says what is not known any more'
like "$(cat "$T/out")" 'late@example.com *delivered, the answer was not saved' \
	'also of one that was tried before'
run lsv-queue --json trace unsaved@example.com
like "$(cat "$T/out")" '"result":"delivered"' 'in JSON as well'
rm "$LSV_SPOOL/done/$day/$unsaved"
run lsv-queue trace "$overjob.000001"
is "$(grep -c '(file' "$T/out")" 1 'a part of one by its own name'
run lsv-queue --json trace "$overjob"
is "$(json '[f["state"] for f in d["files"]]')" "['done', 'done']" \
	'JSON: what is over'

# --- hold, release, retry --------------------------------------------------

exec 8<>"$pool/trigger" 9<>"$pool/finished.trigger"
woken() {
	timeout 1 dd bs=1 count=1 <&"$1" 2>/dev/null | wc -c
}

run lsv-queue --dry-run hold "$now"
is "$status" 0 'hold --dry-run: exit 0'
ok 'changes nothing' test -e "$pool/default/now/$now"
run lsv-queue hold "$now"
is "$status" 0 'hold: exit 0'
is "$(tail -n 1 "$T/out")" '1 file with 2 recipients held' 'says what it did'
ok 'the file is held' test -e "$pool/default/held/$now"
run lsv-queue release "$now"
is "$status" 0 'release: exit 0'
ok 'the file can be delivered' test -e "$pool/default/now/$now"
is "$(woken 8)" 1 'and the workers are told'

run lsv-queue retry "$later"
is "$status" 0 'retry: exit 0'
ok 'the file is due' test -e "$pool/B/now/$later"
run lsv-queue retry "$later"
is "$status" 1 'retry of what does not wait: exit 1'

run lsv-queue --list TEST hold
is "$(find "$pool/default/held" -type f | wc -l)" 2 'hold --list'
ok 'other lists go on' test -e "$pool/B/now/$later"
run lsv-queue --json --all hold
is "$status" 111 'hold --all while a job is being split: exit 111'
like "$(cat "$T/err")" "$job is still being split" 'says which'
is "$(json 'd["done"], d["busy"], d["failed"]')" '(2, 0, 0)' \
	'JSON of a change'
run lsv-queue --pool B release
is "$(find "$pool" -path '*/now/*' -type f | wc -l)" 1 'release --pool'
run lsv-queue --all release
is "$(find "$pool" -path '*/held/*' -type f | wc -l)" 0 'release --all'

run lsv-queue hold "$job"
ok 'the ID of a job means its parts' \
	test -e "$pool/default/held/$job.000002"
lsv-queue release "$job.000002" >/dev/null 2>&1
ok 'and a part can be named' test -e "$pool/default/now/$job.000002"

# --- remove ----------------------------------------------------------------

run lsv-queue remove "$later" </dev/null
is "$status" 100 'remove asks, and without a terminal wants --yes'
ok 'nothing happened' test -e "$pool/B/now/$later"
run lsv-queue --yes remove "$later"
is "$status" 0 'remove: exit 0'
like "$(cat "$T/out")" "^removed $later OTHER, 2 recipients left" \
	'says what it removed'
ok 'the file is on its way home' test -e "$pool/finished/$later"
is "$(tail -n 2 "$pool/finished/$later" | sed 's/ [0-9]* - / when - /')" \
	"F 1-2 000 5.0.0 when - removed by the administrator
E" 'with a failure for each recipient that was left'
is "$(woken 9)" 1 'and lsv-route is told'
run lsv-queue --yes --no-report remove "$now"
is "$(tail -n 2 "$pool/finished/$now" | tr '\n' ' ')" 'P E ' \
	'without a report it is marked as reported'
junk=$(made 5 8) rubbish=$(made 5 9)
printf 'junk' >"$pool/C/held/$junk"
run lsv-queue --yes remove "$junk"
ok 'a damaged file goes to lsv-route, which sets it aside' \
	test -e "$pool/finished/$junk"
printf 'junk' >"$pool/C/held/$rubbish"
run lsv-queue release "$rubbish"
is "$status" 111 'a damaged file is not released'
like "$(cat "$T/out")" "^damaged $rubbish" 'and said to be so'

# --- lsv-route takes home what was removed ---------------------------------

mkdir -p "$LSV_SPOOL/route/tmp" "$LSV_LIB/lists"
: >"$LSV_SPOOL/route/doing"
lsv-route 2>"$T/route.log" &
router=$!
at_exit "kill $router 2>/dev/null"
ok 'lsv-route puts the file away' \
	wait_for 20 test -e "$LSV_SPOOL/done/$day/$later"
ok 'and writes the report to its sender' \
	wait_for 20 test -e "$pool/default/now/$later.r"
like "$(cat "$pool/default/now/$later.r")" 'removed by the administrator' \
	'with the reason'
ok 'without a report asked for' \
	wait_for 20 test -e "$LSV_SPOOL/done/$day/$now"
not_ok 'there is none' test -e "$pool/default/now/$now.r"
run lsv-queue trace "$later"
like "$(cat "$T/out")" \
	'kim@example.net  *failed .* 5.0.0 removed by the administrator' \
	'trace tells what became of it'
kill "$router"
wait "$router" 2>/dev/null

# --- before it is a job ----------------------------------------------------

# waiting DIRECTORY ID - an inbox file there
waiting() {
	mkdir -p "$LSV_SPOOL/$1"
	printf '%s\n' 'lsv-file: 1' "id: $2" 'class: post' \
		"created: $(us -60)" 'from: ann@example.com' \
		'to: test@lists.test' 'list: TEST' 'form: ' 'detail: ' \
		'pool: ' 'reason: ' 'rcpts: 0' "size: $(printf %020d 4)" end \
		'a: b' >"$LSV_SPOOL/$1/$2"
}

asked=$(made 60 901) delayed=$(made 60 902) caught=$(made 60 903)
waiting score/wait "$asked"
waiting hold "$delayed"
waiting hold "$caught"
printf 'rule: quarantine\nuntil: %s\ndelay: 10\nwhy: first posting\n' \
	"$(us 540)" >"$LSV_SPOOL/hold/$delayed.why"
printf 'rule: blacklisted\nscore: -1\n' >"$LSV_SPOOL/hold/$caught.why"
mkdir -p "$LSV_SPOOL/scan"
printf '%s\n' 'lsv-scan 1' 'exit: /bin/true' 'running: 3' 'waiting: 17' \
	'answered: 5' 'failed: 0' 'failures: 0' 'open: 0' 'why: ' end \
	>"$LSV_SPOOL/scan/state"
run lsv-queue show
like "$(cat "$T/out")" '  scan 1  hold 2  ' 'show counts what waits for a scan or is held'
like "$(cat "$T/out")" "^$delayed .* hold " 'and lists it, without the reasons'
unlike "$(cat "$T/out")" 'why' 'beside it'
run lsv-queue trace "$asked"
like "$(cat "$T/out")" 'why    SPAM_EXIT is asked of it,.* 3 run, 17 wait' \
	'trace tells how SPAM_EXIT fares'
like "$(cat "$T/out")" 'rule   exit' 'by the rule exit'
mv "$LSV_SPOOL/score/lock" "$T/lock" # nobody can tell that it does not run
run lsv-queue --json trace "$delayed"
mv "$T/lock" "$LSV_SPOOL/score/lock"
is "$(json '[(f["state"], f["rule"], 500 < f["next"] - now <= 540, f["why"].split(": ")[-1]) for f in d["files"]]')" \
	"[('hold', 'quarantine', True, 'first posting')]" \
	'until when a message is in quarantine, and why'
run lsv-explain job "$caught"
like "$(cat "$T/out")" 'why    it is held by the rule blacklisted until lsv-spam release' \
	'lsv-explain says what a person has to do'
rm -r "$LSV_SPOOL/hold" "$LSV_SPOOL/score/wait" "$LSV_SPOOL/scan"

# --- watch -----------------------------------------------------------------

timeout -s INT 2 lsv-queue --interval 200ms watch >"$T/out"
lines=$(grep -cE '  now [0-9]+  later [0-9]+  held [0-9]+  finished' "$T/out")
ok 'watch prints a line each time' test "$lines" -ge 3
timeout -s INT 1 lsv-queue --json watch >"$T/out"
is "$(head -n 1 "$T/out" | python3 -c 'import json, sys
print(json.load(sys.stdin)["held"])')" 1 'watch --json'
lsv-queue --interval 200ms watch >"$T/watched" &
watcher=$!
wait_for 10 test -s "$T/watched"
kill -TERM "$watcher"
wait "$watcher"
is $? 0 'a signal ends it with exit 0'

cat >"$T/screen" <<'END'
# one screen of a command on a terminal, without what moves the cursor
import os, pty, re, signal, sys
signal.alarm(30)
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b''
while not re.search(rb'\nall( +[0-9]+){3}\r\n', seen):
    seen += os.read(terminal, 65536)
os.kill(pid, signal.SIGTERM)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(re.sub(r'\x1b\[[HJ]', '', seen.decode()).replace('\r', ''), end='')
sys.exit(status)
END
mkdir "$LSV_SPOOL/scan"
: >"$LSV_SPOOL/scan/lock"
rm -f "$T/locked"
python3 "$T/locker" "$T/locked" "$LSV_SPOOL/scan/lock" &
locker=$!
at_exit "kill $locker 2>/dev/null"
wait_for 10 test -e "$T/locked"
rm "$LSV_SPOOL/route/lock"
run python3 -IS "$T/screen" lsv-queue --interval 1m watch
: >"$LSV_SPOOL/route/lock"
kill "$locker"
wait "$locker" 2>/dev/null
rm -r "$LSV_SPOOL/scan"
is "$status" 0 'watch on a terminal: a signal ends it with exit 0, too'
like "$(head -n 1 "$T/out")" "^$LSV_SPOOL  .*  \(Ctrl-C ends\)\$" \
	'a screen begins with the spool and the time'
is "$(sed -n 3p "$T/out")" \
	'lsv-score does not run   lsv-scan runs   lsv-command ?   lsv-route ?   lsv-smtpw does not run   lsv-peer does not run' \
	'names each service, and says whether it runs'
like "$(sed -n 5p "$T/out")" \
	'^score [0-9]+   scan 0   hold 0   command 0   route 0   jobs [0-9]+   finished [0-9]+   oldest ' \
	'counts what is not in a pool'
is "$(sed -n 's/^\(POOL\|[A-Z]\|-\|all\) .*/\1/p' "$T/out" | tr '\n' ' ')" \
	'POOL C - all ' 'and the files of the pools that have some'

# --- files for other servers -----------------------------------------------

spool
peer=$(made 60 1) mine=$(made 50 2) wait=$(made 40 3)
$mkmail -p B -s UGA.EXAMPLE "$pool/peer/now/$peer" TEST \
	owner-test@lists.example.org ann@example.com bob@example.com </dev/null
$mkmail -p B "$pool/B/now/$mine" TEST owner-test@lists.example.org \
	joe@example.com </dev/null
printf 'L %s 1\n' "$(us 500)" |
	$mkmail -s CEARN "$pool/peer/later/$wait" TEST \
		owner-test@lists.example.org kim@example.com
run lsv-queue show pool peer
is "$(tail -n 1 "$T/out" | cut -d, -f1,2)" '2 files, 3 recipients left' \
	'show pool peer: what goes to other servers, and nothing else'
like "$(cat "$T/out")" "^$peer +TEST +peer now +2 +2 " 'by that name'
run lsv-queue show pool B
is "$(tail -n 1 "$T/out" | cut -d, -f1,2)" '1 file, 1 recipient left' \
	'and not with the pool that its recipients are to be delivered from'
run lsv-queue trace "$peer"
like "$(cat "$T/out")" \
	'waits for lsv-peer, which sends it to LISTSERV@UGA.EXAMPLE; but lsv-peer does not run' \
	'trace says for whom it waits'
like "$(cat "$T/out")" '^  state  now, pool peer;' 'and where it is'
run lsv-queue trace "$wait"
like "$(cat "$T/out")" 'lsv-peer does not run' 'the same of a file that waits'
cat >"$T/holds" <<'END'
import fcntl, struct, sys, time
f = open(sys.argv[1], 'r+')
fcntl.fcntl(f, 37, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0))
time.sleep(60)
END
python3 "$T/holds" "$LSV_SPOOL/peer/lock" &
holder=$!
ok 'with the service up that is all' wait_for 10 sh -c \
	"lsv-queue trace $peer | grep -q 'LISTSERV@UGA.EXAMPLE\$'"
run lsv-queue --json show pool peer
is "$(json 'sorted((f["pool"], f["server"]) for f in d["files"])')" \
	"[('peer', 'LISTSERV@CEARN'), ('peer', 'LISTSERV@UGA.EXAMPLE')]" \
	'JSON: pool and server'
kill "$holder"
wait "$holder" 2>/dev/null
run lsv-queue --pool peer hold
is "$(find "$pool/peer/held" -type f | wc -l)" 2 'they can be held'
run lsv-queue --pool peer release
is "$(find "$pool/peer/now" -type f | wc -l)" 2 'and released'
run lsv-queue --yes remove "$peer"
is "$(find "$pool/finished" -type f)" "$pool/finished/$peer" \
	'and given up: they come home as all others do'

# --- usage -----------------------------------------------------------------

run lsv-queue -h
is "$status" 0 '-h: exit 0'
for words in '' 'nothing' 'hold' 'remove' 'trace' 'hold 12345' 'show pool 7' \
	'--interval 0 watch' '--pool AB show' '--wrong show'; do
	# shellcheck disable=SC2086 # a list of words
	run lsv-queue $words
	is "$status" 100 "usage: lsv-queue $words"
done
LSV_SPOOL=$T/none
run lsv-queue show
is "$status" 100 'no spool: exit 100'
LSV_SPOOL=$T/spool

# --- many files ------------------------------------------------------------

spool
$mkmail "$T/$now" TEST owner-test@lists.example.org ann@example.com </dev/null
cat >"$T/many" <<'END'
import sys
text = open(sys.argv[1], newline='').read()
name = text.split('\n')[1][6:]
for i in range(int(sys.argv[3])):
    new = '%s.%010x' % (name.split('.')[0], i)
    open(sys.argv[2] + '/' + new, 'w', newline='').write(text.replace(name, new))
END
python3 "$T/many" "$T/$now" "$pool/default/now" 5000
run lsv-queue show
is "$(tail -n 1 "$T/out" | cut -d, -f1,2)" '5000 files, 5000 recipients left' \
	'5,000 files are shown'
lsv-queue --all hold >/dev/null
is "$(find "$pool/default/held" -type f | wc -l)" 5000 'and held'

# --- root ------------------------------------------------------------------

if is_root; then
	chown -R 65534:65534 "$LSV_SPOOL"
	run lsv-queue --pool default release
	is "$status" 0 'root acts as the owner of the pools'
	file=$(find "$pool/default/now" -type f | head -n 1)
	chown 0:0 "$file"
	chmod 600 "$file"
	run lsv-queue show "${file##*/}"
	like "$(cat "$T/out")" 'damaged: it is not a file of ours' \
		'with no more rights than that'
else
	skip 'needs root' 2
fi
done_testing
