#!/bin/sh
# lsv-score: what becomes of mail, on a private spool
#
# All files belong to one user here (tests with a user for each program:
# lsv-service.t), so root runs it as one, in a namespace of its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/inboxes.sh"

inboxes score route command
score=$LSV_SPOOL/score
route=$LSV_SPOOL/route
log=$T/err
host=lists.example.org

config() {
	cat >"$LSV_ETC/site.cfg" <<-END
		NODE=$host
		MYDOMAIN="$host example.org"
		POSTMASTER="ann@example.net Hide: secret@example.net Quiet: q@example.net"
		LOCAL=*.example.org
		SMTP_FORWARD=127.0.0.1
		SPAM_DELAY=0
	END
	for line; do
		echo "$line" >>"$LSV_ETC/site.cfg"
	done
	lsv-config apply >/dev/null
}
ok 'the configuration applies' config

# list NAME KEYWORD...
list() {
	name=$1
	shift
	{
		echo "* $name for tests"
		for keyword; do
			echo "* $keyword"
		done
	} >"$T/header"
	lsv-list create "$name" --header "$T/header"
}
ok 'a public list is made' list TEST 'Owner= ann@example.net' \
	'Owner= Quiet:' 'Owner= quiet@example.net'
ok 'a private one' list MEMBERS 'Owner= ann@example.net' 'Send= Private'
ok 'one for owners' list NEWS 'Owner= ann@example.net' 'Send= Owner' \
	'Owner= Quiet:' 'Owner= quiet@example.net'
ok 'one with another address for errors' list ERR 'Owner= ann@example.net' \
	'Errors-To= errors@example.net,Owners' 'Delivery-Pool= A,B'
ok 'one whose owners are not told' list SECRET 'Owner= ann@example.net' \
	'Send= Private' 'Confidential= Yes'
ok 'one with a limit' list SMALL 'Owner= ann@example.net' 'Sizelim= 2K'
ok 'and a subscriber' lsv-list add MEMBERS joe@example.com 'Joe User'

n=0
# post FROM TO [FIELD...] - a message of its own, through lsv-inject
post() {
	n=$((n + 1))
	from=$1 to=$2
	shift 2
	{
		echo "Subject: number $n"
		echo "From: Somebody <${author:-$from}>"
		for field; do
			printf '%s\n' "$field"
		done
		printf '\nbody %s of the message\n' $n
	} >"$T/m"
	lsv-inject -f "$from" "$to" <"$T/m"
}

score() {
	run lsv-score -1
}

files() {
	find "$1" -type f | wc -l
}

# what lies in route/new, one after the other, is then removed
take() {
	cat "$route"/new/* >"$T/file" 2>/dev/null || : >"$T/file"
	count=$(files "$route/new")
	name=$(cd "$route/new" && echo *)
	rm -f "$route"/new/*
}

value() {
	sed -n "/^end\$/q;s/^$1: //p" "$T/file"
}

rcpts() {
	sed -n '/^rcpts: /,/^size: /p' "$T/file" | sed '1d;$d' | tr '\n' ' '
}

body() {
	sed '1,/^end$/d' "$T/file" | tr -d '\r'
}

# judged NAME LINE - the next message has this in its log line
judged() {
	score
	is "$status" 0 "$1: exit 0"
	like "$(grep ' scored ' "$log")" "$2" "$1: is logged"
	is "$(files "$score/new")" 0 "$1: nothing stays behind"
	take
}

# --- postings --------------------------------------------------------------

post joe@example.com test@$host
before=$(echo "$score"/new/*)
cp "$before" "$T/before"
judged 'a posting' 'class=post list=TEST rule=accepted act=pass .*from=joe@example.com'
is "$count $name" "1 ${before##*/}" 'it goes on under its name'
ok 'and unchanged' cmp "$T/before" "$T/file"

lsv-inject -f joe@example.com test@$host <"$T/m"
first=$name
judged 'the same posting again' "rule=duplicate act=drop first=$first"
is "$count" 0 'is dropped'
lsv-inject -f ann@example.com test@$host <"$T/m"
judged 'the same from another sender' 'rule=accepted'
is "$count" 1 'is no duplicate'

post joe@example.com test@$host "List-Id: Test <test.$host>"
judged 'a posting that has been here, by List-Id' 'rule=loop act=drop'
post joe@example.com test@$host "X-LSV-Trace: TEST@$host 0647c1a2b3d4e.9f02c4d1aa"
judged 'a posting that has been here, by our trace' 'rule=loop act=drop'
post joe@example.com test@$host "X-LSV-Trace: OTHER@$host 0647c1a2b3d4e.9f02c4d1aa"
judged 'a posting from another list of ours' 'rule=accepted'
post joe@example.com test@$host 'Auto-Submitted: auto-replied'
judged 'a vacation notice' 'rule=auto-reply act=drop'
post joe@example.com test@$host 'Auto-Submitted: auto-generated'
judged 'a message by a program' 'rule=accepted'

set --
while [ $# -lt 101 ]; do
	set -- "$@" 'Received: by here; Sat, 22 Nov 2026 00:00:00 +0000'
done
post joe@example.com test@$host "$@"
judged 'a message that goes round' 'rule=hops act=drop'
is "$(ls "$score"/bad)" '' 'takes no room: anybody can send it'

# --- who may post ----------------------------------------------------------

author=Joe@Example.COM
post bounces@example.com members@$host
judged 'a subscriber, by From' 'list=MEMBERS rule=accepted'
author=ann@example.net
post ann@example.net members@$host
judged 'an owner' 'list=MEMBERS rule=accepted'
author=quiet@example.net
post quiet@example.net news@$host
judged 'a quiet owner of a list for owners' 'list=NEWS rule=accepted'
author=
post eve@example.com members@$host
judged 'a stranger' 'rule=subscribers-only act=reply rcpts=1'
is "$count $(value class) $(value pool) $(value from) $(rcpts)" \
	'1 mail -  eve@example.com ' 'gets a reply, with the null sender'
like "$name" '^[0-9a-f]{13}\.[0-9a-f]{10}\.000001$' 'it is named after its cause'
is "$(value id)" "$name" 'also in its head'
like "$(body)" 'only subscribers may post' 'it says why'
like "$(body)" 'You wrote as eve@example.com' 'and as whom'
like "$(body)" 'ann@example.net' 'and whom to ask'
like "$(body)" '^Auto-Submitted: auto-replied' 'and that it is automatic'
is "$(value size | sed "s/^0*//")" "$(sed '1,/^end$/d' "$T/file" | wc -c)" \
	'its size is right'
post eve@example.com members@$host
judged 'the same stranger again' 'rule=subscribers-only act=drop capped=yes'
is "$count" 0 'gets one reply a day'
post Eve@EXAMPLE.com news@$host
judged 'also from another list' 'rule=owners-only act=drop capped=yes'
post mallory@example.com secret@$host
judged 'a stranger to a confidential list' 'rule=subscribers-only act=reply'
like "$(body)" 'ann@example.net' 'learns of the postmaster'
unlike "$(body)" 'secret@example.net|owners of the list' 'and of nobody hidden'
lsv-list header get SECRET | sed 's/Private/Closed/' >"$T/header"
ok 'a list is closed while a message waits' sh -c "
	lsv-inject -f late@example.com secret@$host <'$T/m' &&
	lsv-list header put SECRET '$T/header' >/dev/null"
judged 'a message to a list closed meanwhile' 'rule=closed act=reply'

post big@example.com test@$host "$(printf 'X-Long: %0900d\n %0900d\n %0600d' 0 0 0)"
for f in "$score"/new/*; do
	sed 's/^list: TEST/list: SMALL/' "$f" >"$T/f" && cat "$T/f" >"$f"
done
score
take
like "$(cat "$T/err")" 'list=SMALL rule=size act=reply' \
	'a message over Sizelim= is refused here too'
like "$(body)" 'the list takes 2048 bytes' 'with the limit'

# --- whom we never answer --------------------------------------------------

unanswered() {
	judged "$2" "act=drop unanswered=$1"
	is "$count" 0 "$2: no reply"
}
post u1@example.com members@$host 'Precedence: bulk'
unanswered bulk 'bulk mail'
post u2@example.com members@$host 'List-Id: <other.example.net>'
unanswered bulk 'mail of a list'
post u3@example.com members@$host 'Auto-Submitted: auto-generated'
unanswered automatic 'automatic mail'
post owner-test@$host members@$host
judged 'our own address' 'rule=origin act=forward'
post test@example.org members@$host
unanswered own-address 'a list of ours'
post noreply@example.com members@$host
unanswered machine 'an address nobody reads'
post not-an-address members@$host
unanswered bad-sender 'a sender that is no address'

# --- command mail ----------------------------------------------------------

# took NAME LINE - the same for what goes to lsv-command
took() {
	judged "$1" "$2"
	is "$count $(files "$LSV_SPOOL/command/new")" '0 1' \
		"$1: goes to lsv-command"
	name=$(cd "$LSV_SPOOL/command/new" && echo *)
	cp "$LSV_SPOOL/command/new/$name" "$T/file"
	rm -f "$LSV_SPOOL"/command/new/*
}
post c1@example.com listserv@$host
before=$(echo "$score"/new/*)
cp "$before" "$T/before"
took 'command mail' 'class=command form=listserv rule=command act=pass'
is "$name" "${before##*/}" 'under its name'
ok 'and unchanged' cmp "$T/before" "$T/file"
post c2@example.com test-request@$host
took 'mail to a -request address' 'list=TEST form=request rule=command act=pass'
post listserv@other.example listserv@$host
took 'mail of another server' 'rule=command act=pass'
author=joe@example.com
post listserv@other.example listserv@$host
judged 'mail whose author is no server' 'act=drop unanswered=machine'
author=
post '' listserv@$host
judged 'a bounce of a reply' 'rule=command act=drop unanswered=null-sender'
post c3@example.com listserv@$host 'Auto-Submitted: auto-replied'
judged 'an answer to a reply' 'rule=command act=drop unanswered=automatic'
mv "$LSV_SPOOL/command/new" "$LSV_SPOOL/command/away"
post c4@example.com listserv@$host
score
is "$status $(files "$score/new")" '111 1' 'without command/new it waits'
mv "$LSV_SPOOL/command/away" "$LSV_SPOOL/command/new"
took 'command mail that waited' 'rule=command act=pass'

# --- bounces ---------------------------------------------------------------

post '' owner-err@$host
cp "$T/m" "$T/bounce"
judged 'a bounce' 'class=bounce list=ERR form=owner rule=bounce act=forward rcpts=2'
is "$(value class) $(value from) $(value pool) $(rcpts)" \
	'mail  B errors@example.net ann@example.net ' \
	'goes to Errors-To, with the null sender'
like "$(body | head -n 3)" "^X-LSV-Trace: owner-ERR@$host " 'it has our trace'
is "$(body | sed 1,3d)" "$(cat "$T/bounce")" 'and is otherwise unchanged'
body >"$T/forwarded"
ok 'it comes back' lsv-inject -f '' owner-err@$host <"$T/forwarded"
judged 'a bounce that comes round' 'rule=loop act=drop'
post '' test@$host
judged 'a bounce to the list address' 'class=post list=TEST rule=bounce act=forward'
is "$(rcpts)" 'ann@example.net ' 'goes to the owners, but not to quiet ones'
post mta@example.com test@$host 'Content-Type: multipart/report; boundary=x'
judged 'a delivery report' 'list=TEST rule=bounce act=forward'
post '' owner-listserv@$host
judged 'a bounce of the server' 'class=bounce form=owner rule=bounce act=forward'
is "$(rcpts)" 'ann@example.net secret@example.net ' 'goes to the postmaster'

config BOUNCE_FORWARD_MAX=3 BOUNCES_TO=bounces@example.net REPLY_MAX=2
post '' owner-test@$host
post '' owner-test@$host
score
take
is "$(grep -c 'act=forward' "$log") $(grep -c 'act=drop capped=yes' "$log")" \
	'1 1' 'over BOUNCE_FORWARD_MAX bounces are dropped, and counted'
post '' owner-test@$host
lsv-list delete TEST >/dev/null
post x@example.com members@$host
judged 'a stranger under REPLY_MAX=2' 'rule=subscribers-only act=reply'

# --- lists that are gone ---------------------------------------------------

ok 'a list is made' list GONE 'Owner= ann@example.net'
post joe@example.com gone@$host
post '' owner-gone@$host
ok 'and removed' lsv-list delete GONE
score
take
like "$(cat "$log")" 'list=GONE rule=unknown-list act=bad' \
	'a posting to a list that is gone goes to bad/'
like "$(cat "$log")" 'list=GONE .*rule=bounce act=forward' \
	'a bounce of it goes on'
is "$(rcpts)" 'bounces@example.net ' 'to BOUNCES_TO'
rm -f "$score"/bad/*

# --- trouble of our own ----------------------------------------------------

post joe@example.com members@$host
mv "$LSV_LIB/lists" "$LSV_LIB/away"
score
is "$status" 111 'without the lists it exits 111'
is "$(files "$score/new") $(files "$score/bad") $(files "$route/new")" '1 0 0' \
	'and keeps the message'
is "$(grep -c 'unable to look up' "$log")" 1 'and says so once'
mv "$LSV_LIB/away" "$LSV_LIB/lists"
for size in 0 100 2100; do
	head -c $size "$LSV_LIB/lists/lists.cdb" >"$T/cdb"
	cp "$LSV_LIB/lists/lists.cdb" "$T/keep"
	cp "$T/cdb" "$LSV_LIB/lists/lists.cdb"
	score
	is "$status $(files "$score/new") $(files "$score/bad")" '111 1 0' \
		"a table of lists cut to $size bytes is no reason to lose mail"
	cp "$T/keep" "$LSV_LIB/lists/lists.cdb"
done
judged 'when they are back' 'rule=subscribers-only|rule=accepted'

mv "$LSV_ETC/site.cdb" "$T/site.cdb"
score
is "$status" 100 'without a configuration it exits 100'
mv "$T/site.cdb" "$LSV_ETC/site.cdb"
mv "$route" "$route.away"
score
is "$status" 100 'without route/ it exits 100'
mv "$route.away" "$route"

# --- files that are none ---------------------------------------------------

# bad NAME WHY - the file in score/new goes to bad/
bad() {
	score
	is "$status $(files "$score/new") $(files "$route/new")" '0 0 0' \
		"$1 does not go on"
	like "$(cat "$score"/bad/*.why)" "$2" "$1 lies in bad/ with the reason"
	rm -rf "$score"/bad/*
}
id=0647c1a2b3d4e.9f02c4d1aa
good() {
	printf 'lsv-file: 1\nid: %s\nclass: %s\ncreated: 1\nfrom: %s\nto: %s\n' \
		$id "$1" joe@example.com members@$host
	printf 'list: MEMBERS\nform: \ndetail: \npool: %s\nreason: \n' "$2"
	printf 'rcpts: %s\nsize: %020d\nend\n%s' "$3" "${#4}" "$4"
}
: >"$score/new/$id"
bad 'an empty file' 'cut short'
echo nonsense >"$score/new/$id"
bad 'nonsense' 'not the key expected'
good post '' 0 'Subject: x

x' | head -c 150 >"$score/new/$id"
bad 'a file cut within its head' 'cut short'
good post '' 0 'Subject: x

x' | head -c -1 >"$score/new/$id"
bad 'a file cut within its message' 'size is not what its head says'
good post '' 0 'no header' >"$score/new/$id"
bad 'a message without header' 'no header'
good post '' 0 'Subject: x

x' >"$score/new/0647c1a2b3d4e.9f02c4d1ab"
bad 'a file under another name' 'ID is not its name'
good mail - '1
victim@example.com' 'Subject: x

x' >"$score/new/$id"
bad 'mail for explicit recipients, by somebody else' 'class does not come in'
good mail - '1
victim@example.com' 'Subject: x

x' | sed "s/^id: .*/&.000001/" >"$score/new/$id"
bad 'the same in disguise' 'class does not come in'
good dist A 0 'Subject: x

x' | sed "s/^rcpts: .*/&\nrows: $(printf %020d 1)\ntable: $(printf %020d 14)/
	s/^end/&\nann@c.example/" >"$score/new/$id"
bad 'a DISTRIBUTE job' 'class does not come in'
good peer '' 0 'Subject: x

x' >"$score/new/$id"
bad 'a container of another server' 'class does not come in'
good post '' 0 'Subject: x

x' >"$T/other"
ln -s "$T/other" "$score/new/$id"
score
is "$(files "$route/new") $(ls -A "$score/new")" '0 ' \
	'a symbolic link is removed'
like "$(cat "$score"/bad/*.why)" 'not a plain file' 'its reason lies in bad/'
rm -f "$score"/bad/*
ln "$T/other" "$score/new/$id"
bad 'a second link to a file' 'not a plain file'
echo x >"$score/new/some thing"
bad 'a file that is not named by us' 'not a name of ours: some thing'
mkdir "$score/new/$id"
score
is "$(ls "$score/new") $(files "$route/new")" ' 0' 'a directory goes to bad/'
rm -rf "$score"/bad/*

# --- a message is scored once ----------------------------------------------

# We stop it between its two renames: what it made lies in the place of the
# source, and another run hands on that, once.
post crash@example.com members@$host
id=$(cd "$score/new" && echo *)
# (leaks are not looked for under a tracer)
run env "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" \
	strace -f -o "$T/trace" -e trace=renameat2 \
	-e inject=renameat2:error=EIO lsv-score -1
is "$status" 111 'when it cannot hand on it exits 111'
like "$(cat "$score/new/$id")" '^class: mail' 'the reply is in its place'
score
take
is "$status $count $name" "0 1 $id.000001" 'the next run hands it on'
like "$(cat "$log")" "$id resumed made=$id.000001" 'and says so'
is "$(files "$score/new")" 0 'nothing is left'
is "$(find "$score/tmp" "$route/tmp" -type f | wc -l)" 0 'nor in tmp/'

# --- as a service ----------------------------------------------------------

mkfifo "$T/ready"
lsv-score -d 3 3>"$T/ready" 2>"$T/service" &
pid=$!
at_exit "kill $pid 2>/dev/null"
is "$(head -n 1 "$T/ready")" '' 'it says that it is ready'
post joe@example.com members@$host
arrived() {
	[ "$(files "$route/new")" = 1 ]
}
ok 'it is woken by lsv-inject' wait_for 5 arrived
like "$(cat "$T/service")" 'confined .*no_new_privs=1' 'it has confined itself'
config REPLY_MAX=5 SIZELIM=1M
kill -HUP $pid
ok 'SIGHUP makes it read the configuration again' wait_for 5 \
	grep 'configuration read again' "$T/service"
run timeout 5 lsv-score -1
is "$status" 124 'a second one waits for the first'
kill $pid
wait $pid
is $? 0 'SIGTERM ends it with 0'

run lsv-score -h
is "$status" 0 '-h exits 0'
run lsv-score -x
is "$status" 100 'an unknown option: exit 100'
run lsv-score -d x
is "$status" 100 'a bad descriptor: exit 100'

done_testing
