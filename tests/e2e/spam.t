#!/bin/sh
# White and blacklists, through all services: what passes, what is rejected,
# held and released, and tables that are replaced while in use
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

port=$(free_port)

# configured LINE... - the lists, and LINEs, in force
configured() {
	configured_before=$(events lsv-score 'configuration read again')
	tree_config 'SPAM_WHITELIST_FROM="*@EXAMPLE.COM *@*.EXAMPLE.COM"' \
		'SPAM_BLACKLIST_FROM=">JAMES@EXAMPLE.COM *@PUBLIC.EXAMPLE.COM *@spam.example"' \
		"SPAM_BLACKLIST_TO=trap@$node" \
		"SPAM_BLACKLIST_FROM_TABLE=$T/black" "$@"
}
reloaded() {
	[ "$(events lsv-score 'configuration read again')" -gt \
		"$configured_before" ]
}
reload() {
	lsv-service reload >/dev/null && wait_for 10 reloaded
}

tree_make "$port"
configured
chmod 755 "$T"
host --delay 0
list open
echo 'reader@example.net' | subscribe open
list free 'Misc-Options= NO_SPAM_CHECK'
echo 'free@example.net' | subscribe free
list closed 'Send= Private'
ok 'the services start' tree_up

# mail ENVELOPE AUTHOR LOCALPART [FIELD...] - a message of its own
n=0
mail() {
	n=$((n + 1))
	mail_from=$1 mail_author=$2 mail_to=$3
	shift 3
	{
		echo "From: Somebody <$mail_author>"
		echo "Subject: number $n"
		echo "Message-ID: <$n.$$@example.com>"
		for field; do
			printf '%s\n' "$field"
		done
		printf '\nbody %s\n' "$n"
	} | post "$mail_from" "$mail_to@$node"
}

id_of() {
	echo "$1" | grep -oE '[0-9a-f]{13}[.][0-9a-f]{10}' | head -n 1
}
verdict_of() {
	log lsv-score | grep ' scored ' | grep -E "from=${1:-\"\"} " | tail -n 1
}
has_verdict() {
	[ "$(log lsv-score | grep ' scored ' |
		grep -cE "from=${1:-\"\"} ")" -ge "${2:-1}" ]
}

# judged NAME REGEX ENVELOPE... - as mail, and the log line of that sender
judged() {
	judged_name=$1 judged_want=$2
	shift 2
	judged_n=$(log lsv-score | grep ' scored ' |
		grep -cE "from=${1:-\"\"} ")
	mail "$@"
	wait_for 10 has_verdict "$1" $((judged_n + 1))
	line=$(verdict_of "$1")
	like "$line" "$judged_want" "$judged_name"
}

got() {
	taken "${2:-}" | grep -qx "$1"
}

# --- accepted, whitelisted, rejected --------------------------------------

judged 'what no list knows is accepted' 'rule=accepted act=pass' \
	s1@a.example ann@other.example open
unlike "$line" 'score=' 'and its line says nothing of a score'
judged 'what the whitelist has is accepted, with its points' \
	'rule=whitelisted act=pass score=1 wf=1 wt=0 bf=0 bt=0 entry="?\*@EXAMPLE.COM"? address=ann@example.com' \
	s2@a.example Ann@Example.Com open
judged 'the blacklist weighs more' \
	'rule=blacklisted act=report score=-1 wf=1 wt=0 bf=2 bt=0 entry="?>JAMES@EXAMPLE.COM"? address=james@example.com.* rcpts=1' \
	s3@a.example james@example.com open
id=$(id_of "$line")
judged 'one list takes back what the other gives' \
	'rule=accepted act=pass score=0 wf=1 wt=0 bf=1 bt=0' \
	s4@a.example joe@public.example.com open
judged 'whoever names a trap is rejected' \
	'rule=blacklisted act=report score=-1 .* bt=1 .*address=trap@' \
	s5@a.example joe@b.example open "Cc: x@y.z, (trap) trap@$node"
judged 'the author in Sender counts as well' 'rule=blacklisted .*bf=1' \
	s6@a.example joe@b.example open 'Sender: <robot@spam.example>'
judged 'the envelope does not' 'rule=accepted' \
	bulk@spam.example joe@b.example open

ok 'the sender of what was rejected gets a report' wait_for 10 got \
	s3@a.example '<>'
ok 'the subscriber gets what was accepted' wait_for 10 got reader@example.net
report=$(grep -l "^To: s3@a.example" "$T"/saved/*.eml)
like "$(cat "$report")" '^Content-Type: multipart/report; report-type=delivery-status' \
	'the report is one of RFC 3464'
like "$(cat "$report")" "^Final-Recipient: rfc822; open@$node" \
	'it names the recipient'
like "$(cat "$report")" '^Status: 5\.7\.1' 'and the status'
like "$(cat "$report")" "^Original-Envelope-Id: $id" 'and the message by its ID'
like "$(cat "$report")" '^Auto-Submitted: auto-replied' \
	'and says that it was sent by a machine'
unlike "$(cat "$report")" 'JAMES@EXAMPLE' 'the entry that decided is not told'
ok 'it went through the default pool' test \
	"$(events lsv-route "$id.000001 .*pool=-")" -ge 1

judged 'the same sender is told once a day' \
	'rule=blacklisted act=drop .*capped=yes' s3@a.example james@example.com open
judged 'automatic mail is not answered' \
	'rule=blacklisted act=drop .*unanswered=automatic' \
	s7@a.example x@spam.example open 'Auto-Submitted: auto-generated'
judged 'nor is bulk' 'rule=blacklisted act=drop .*unanswered=bulk' \
	s8@a.example x@spam.example open 'Precedence: bulk'
judged 'nor the null sender' 'rule=blacklisted act=drop .*unanswered=null-sender' \
	'' james@spam.example open "To: trap@$node"
judged 'a bounce has a point of its own' 'rule=bounce act=forward score=0 .*bounce=1' \
	'' james@example.com open
judged 'a bounce that is recognised has no score' 'rule=bounce act=forward' \
	'' james@example.com owner-open
unlike "$line" 'score=' 'and its line says so'
judged 'command mail is scored' 'class=command .*rule=blacklisted act=report' \
	s9@a.example x@spam.example listserv
judged 'a whitelist does not open a list' \
	'rule=subscribers-only act=reply score=1' \
	s10@a.example ann@example.com closed
judged 'a list may do without' 'rule=accepted act=pass' \
	s11@a.example x@spam.example free
unlike "$line" 'score=' 'then no score is told'
judged 'also where commands for it go' 'rule=command' \
	s12@a.example x@spam.example free-request

# --- what the site does with it --------------------------------------------

configured 'SPAM_REJECT=DISCARD'
ok 'SPAM_REJECT=DISCARD is in force' reload
judged 'then nobody is told' 'rule=blacklisted act=drop score=-1' \
	s20@a.example x@spam.example open
unlike "$line" 'unanswered|capped' 'and nobody would have been'

configured 'SPAM_REPORT_MAX=4'
ok 'SPAM_REPORT_MAX is in force' reload
judged 'the site sends no more reports a day than it may' \
	'rule=blacklisted act=drop .*capped=yes' \
	s21@a.example x@spam.example open

configured 'SPAM_REJECT=HOLD'
ok 'SPAM_REJECT=HOLD is in force' reload
run lsv-spam held
is "$status$(cat "$T/out")" 0 'nothing is held yet'
judged 'then it is held' \
	'rule=blacklisted act=hold score=-1 .*entry="?\*@spam.example"? address=x@spam.example' \
	s30@a.example x@spam.example open
id=$(id_of "$line")
judged 'also what is not answered' 'rule=blacklisted act=hold' \
	'' y@spam.example open "To: trap@$node"
second=$(id_of "$line")
judged 'and command mail' 'rule=blacklisted act=hold' \
	s31@a.example z@spam.example listserv
third=$(id_of "$line")
ok 'the file lies in hold/' test -f "$LSV_SPOOL/hold/$id"
ok 'lsv-spool finds nothing wrong with it' lsv-spool check

run lsv-spam held
is "$(wc -l <"$T/out")" 3 'lsv-spam held lists all of it'
like "$(cat "$T/out")" "^$id +[0-9]+s blacklisted OPEN s30@a.example number [0-9]+\$" \
	'each with ID, age, rule, list, sender and subject'
run lsv-spam held --json
is "$(json "[(m['id'], m['list'], m['from'], m['rule'], m['score'], m['address']) for m in d][0]")" \
	"('$id', 'OPEN', 's30@a.example', 'blacklisted', '-1', 'x@spam.example')" \
	'and as JSON'
run lsv-spam show "$id"
like "$(cat "$T/out")" '^entry: \*@spam.example' 'show prints why'
like "$(cat "$T/out")" '^From: Somebody <x@spam.example>' 'and the message'
run lsv-spam show "$id.000009"
is "$status" 1 'nothing is shown of what is not there'
run lsv-spam show ../score/new
is "$status" 100 'a path is no ID'

before=$(taken | grep -cx reader@example.net)
arrived() {
	[ "$(taken | grep -cx reader@example.net)" -gt "$before" ]
}
run lsv-spam release "$id"
is "$status $(cat "$T/out")" "0 released $id" 'release says what it did'
ok 'lsv-score judges it again' wait_for 10 has_verdict s30@a.example 2
like "$(verdict_of s30@a.example)" "$id .*rule=accepted act=pass released=yes" \
	'and lets it pass under its ID'
ok 'the list gets it' wait_for 10 arrived
not_ok 'its reason is gone' test -e "$LSV_SPOOL/hold/$id.why"
run lsv-spam release "$id"
is "$status" 1 'what is gone is not released again'

run lsv-spam discard "$second" "$id"
is "$status $(cat "$T/out")" "1 discarded $second" \
	'discard does what it can and says what it could not'
not_ok 'the file is gone' test -e "$LSV_SPOOL/hold/$second"
not_ok 'and its reason' test -e "$LSV_SPOOL/hold/$second.why"

# Many at once: each message is released by one of them, and passes once.
lsv-spam release "$third" >"$T/r1" 2>&1 &
one=$!
lsv-spam release "$third" >"$T/r2" 2>&1 &
two=$!
wait $one
code=$?
wait $two
is "$(printf '%s\n' $code $? | sort | tr '\n' ' ')" '0 1 ' \
	'of two that release at once one succeeds'
ok 'what is released is obeyed as if no list knew it' wait_for 10 has_verdict \
	s31@a.example 2
like "$(verdict_of s31@a.example)" 'rule=command .*released=yes' \
	'command mail is answered'
run lsv-spam held
is "$(cat "$T/out")" '' 'nothing is left'

# lsv-score is away meanwhile: the file name tells it what was decided.
judged 'another one is held' 'act=hold' s32@a.example x@spam.example open
id=$(id_of "$line")
lsv-service down >/dev/null 2>&1
ok 'release needs no service' lsv-spam release "$id"
ok 'the file says so by its name' test -f "$LSV_SPOOL/score/new/$id.released"
ok 'lsv-spool knows that name' lsv-spool check
ok 'the services start again' tree_up
ok 'what was released passes then' wait_for 15 has_verdict s32@a.example 2
like "$(verdict_of s32@a.example)" "$id .*rule=accepted act=pass released=yes" \
	'and is not held again'

# --- tables -------------------------------------------------------------------

configured
ok 'reports again' reload
judged 'who is in no list is accepted' 'rule=accepted' \
	s40@a.example mallory@bad.example open
echo '>>mallory@bad.example' >"$T/black"
chmod 644 "$T/black"
ok 'lsv-table makes a table' lsv-table spam
judged 'it counts at once' \
	'rule=blacklisted .*score=-3 wf=0 wt=0 bf=3 .*entry="?>>mallory@bad.example' \
	s41@a.example mallory@bad.example open
{
	seq -f 'user%.0f@bad.example' 20000
	echo '*@*.worse.example'
} >"$T/black"
ok 'another one takes its place' lsv-table spam
judged 'what it no longer has is accepted' 'rule=accepted' \
	s42@a.example mallory@bad.example open
judged 'what it has now is rejected' 'rule=blacklisted .*bf=1' \
	s43@a.example user12345@bad.example open
judged 'subdomains as well' 'rule=blacklisted .*bf=1' \
	s44@a.example x@a.worse.example open
not_ok 'a bad line leaves the old one in place' sh -c \
	"printf 'a@b\n\n> >\n' >$T/black && lsv-table spam"
judged 'which goes on counting' 'rule=blacklisted .*bf=1' \
	s45@a.example user777@bad.example open

# What a person may have done to it does not stop the mail.
head -c 1000 /dev/urandom >"$LSV_LIB/spam/tmp.new"
mv "$LSV_LIB/spam/tmp.new" "$LSV_LIB/spam/blacklist-from.cdb"
judged 'with a damaged table the old one counts' 'rule=blacklisted .*bf=1' \
	s46@a.example user778@bad.example open
judged 'and goes on counting' 'rule=accepted' s47@a.example ann@bad.example open
is "$(events lsv-score 'unable to open the table of blacklist_from; using the old one: Protocol')" 1 \
	'which is complained about once'
rm "$LSV_LIB/spam/blacklist-from.cdb"
judged 'without a table as well' 'rule=accepted' s48@a.example ann@b.example open
echo 'ann@b.example' >"$T/black"
ok 'a new table' lsv-table spam
judged 'is taken when there is one again' 'rule=blacklisted' \
	s49@a.example ann@b.example open

# --- entries -------------------------------------------------------------------

printf 'SPAM_BLACKLIST_TO="a@b >"\n' >>"$LSV_ETC/site.cfg"
run lsv-config check
is "$status" 1 'an entry that is none is an error'
like "$(cat "$T/err")" '^[^:]*site.cfg:[0-9]+:[0-9]+: error: SPAM_BLACKLIST_TO: .* in the entry >$' \
	'with file, line, column and entry'
like "$(cat "$T/err")" 'warning: .*without SPAM_EXIT' \
	'who comes from LISTSERV is told what differs'
is "$(grep -c 'without SPAM_EXIT' "$T/err")" 1 'once'
ok 'the spool is as it should be' lsv-spool check

done_testing
