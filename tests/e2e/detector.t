#!/bin/sh
# The same text on many lists: an alert, what it stops, and what it gives rise to
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/inboxes.sh"

inboxes score route peer
mkdir "$LSV_SPOOL/hold" "$LSV_SPOOL/score/out"
new=$LSV_SPOOL/score/new
out=$LSV_SPOOL/score/out
route=$LSV_SPOOL/route/new
peer=$LSV_SPOOL/peer/new
hold=$LSV_SPOOL/hold
host=lists.example.org

# config LINE... - the configuration in force
config() {
	printf '%s\n' "NODE=$host" \
		'POSTMASTER="ann@example.net Quiet: quiet@example.net"' \
		'SPAM_WHITELIST_FROM=*@friends.example' \
		"$@" >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/said" 2>&1 || diag "$(cat "$T/said")"
}

# list NAME LINE...
list() {
	name=$1
	shift
	printf '* %s\n' "$name" 'Owner= ann@example.net' "$@" >"$T/header"
	lsv-list create "$name" --header "$T/header" 2>"$T/said" ||
		diag "$(cat "$T/said")"
}

# fresh LINE... - nothing is remembered, and this is in force
fresh() {
	rm -rf "$LSV_LIB/score" "${new:?}"/* "${route:?}"/* "${hold:?}"/* \
		"${peer:?}"/* "${out:?}"/*
	mkdir "$LSV_LIB/score"
	config "$@"
}

score() {
	lsv-score -1 2>"$T/err"
}

# message AUTHOR LIST - from standard input; $id, and $line says what became of it
n=0
message() {
	n=$((n + 1))
	{
		printf 'From: <%s>\nMessage-ID: <%s@m>\n' "$1" $n
		cat
	} >"$T/m"
	lsv-inject -f "$1" "$2@$host" <"$T/m"
	id=$(ls "$new")
	score
	line=$(grep "^$id scored" "$T/err")
}

# post AUTHOR LIST - the text of $text
post() {
	message "$1" "$2" <<-X
		Subject: Buy now

		$text
	X
}
buy='Buy these wonderful watches now, they are cheaper than anywhere else.'
text=$buy

# expect NAME REGEX AUTHOR LIST
expect() {
	expect_name=$1 expect_want=$2
	post "$3" "$4"
	like "$line" "$expect_want" "$expect_name"
}

# three AUTHOR - it comes to three lists
three() {
	post "$1" a
	post "$1" b
	post "$1" c
}
passes='rule=accepted act=pass'

config SPAM_DELAY=0
for name in a b c d e f; do
	list $name
done
list h 'Loopcheck= Spam-Delay(10)'
list i 'Loopcheck= Spam-Delay(10)'
list x 'Loopcheck= NoSpam'
list m 'Owner= mod@example.com'

# --- four lists ------------------------------------------------------------

fresh SPAM_DELAY=0
expect 'on the first list it passes' "$passes" spam@s.example a
expect 'on the second' "$passes" spam@s.example b
expect 'on the third' "$passes" spam@s.example c
expect 'on the fourth it is stopped, and its sender told' \
	'rule=spam-alert act=report .*sum=[0-9a-f]{16} rcpts=1' spam@s.example d
like "$(cat "$T/err")" "^$id alert sum=[0-9a-f]{16} lists=4 from=spam@s.example" \
	'the alert is logged'
like "$(cat "$route/$id.000001")" '^Final-Recipient: rfc822; d@' 'by a report'
like "$(cat "$route/$id.000001")" 'came to many lists' 'which says why'
expect 'on the fifth as well, and he is not told again' \
	'rule=spam-alert act=drop .*unanswered=told' spam@s.example e
text="$buy 2"
expect 'on one where it was before, too' 'rule=spam-alert' other@s.example a
like "$line" 'act=report' 'another sender is told once'
expect 'and not again' 'act=drop .*unanswered=told' other@s.example f
expect 'a list with NoSpam gets it' "$passes" spam@s.example x
expect 'so does the one whose owner sends it' "$passes" mod@example.com m
expect 'whoever is whitelisted sends what he likes' 'rule=whitelisted act=pass' \
	joe@friends.example f
text='Something else that is long enough to have a sum of its own, at any rate.'
expect 'something else passes' "$passes" spam@s.example a
not_ok 'without SPAM_ALERT nobody else hears of it' ls "$route"/*.notice
is "$(ls "$peer")" '' 'nor does another server of a standalone one'
is "$(ls "$out")" '' 'and nothing was made'

# --- what is the same ------------------------------------------------------

text=$buy
fresh SPAM_DELAY=0
three spam@s.example
message spam@s.example d <<X
Subject: Buy 17

> You asked for it.
BUY THESE WONDERFUL WATCHES, 1234!
   now: they are cheaper (than anywhere) else
X
like "$line" 'rule=spam-alert' 'case, digits, quotes and blanks make no difference'
message spam@s.example e <<X
Subject: Buy
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/html
Content-Transfer-Encoding: base64

$(echo "<p>Buy <b>these</b> wonderful watches now, they are&nbsp;cheaper than anywhere else.</p>" | base64)
--b--
X
like "$line" 'rule=spam-alert' 'nor do HTML and an encoding'
text='too short to tell'
post spam@s.example a
post spam@s.example b
post spam@s.example c
expect 'a short text is no spam' "$passes" spam@s.example d

text=$buy
fresh SPAM_DELAY=0 SPAM_THRESHOLD=2
post spam@s.example a
text="$buy 2"
expect 'the same list does not count twice' "$passes" spam@s.example a
expect 'SPAM_THRESHOLD=2' 'rule=spam-alert' spam@s.example b

text=$buy
fresh SPAM_DELAY=0
for name in a b c d e; do
	post ann@example.net $name
done
like "$line" "$passes" 'who owns all of them may post to all of them'
expect 'and that does not count' "$passes" spam@s.example f
fresh SPAM_DELAY=0 SPAM_MAXSIZE=1K
text="$buy $(printf '%1000s' x | tr ' ' y)"
three spam@s.example
expect 'above SPAM_MAXSIZE no test is made' "$passes" spam@s.example d

# --- what is held ----------------------------------------------------------

text=$buy
fresh SPAM_DELAY=0
expect 'a copy waits' 'rule=quarantine act=hold' spam@s.example h
first=$id
expect 'another one, of another author' 'rule=quarantine act=hold' \
	other@s.example i
second=$id
expect 'a third list' "$passes" spam@s.example a
expect 'the fourth raises the alert' 'rule=spam-alert act=report' spam@s.example b
like "$(cat "$T/err")" "^$first scored .*rule=spam-alert act=drop .*delayed=yes .*unanswered=told" \
	'which stops what is held, at once'
like "$(cat "$T/err")" "^$second scored .*rule=spam-alert act=report .*delayed=yes" \
	'each of them'
is "$(ls "$hold")" '' 'hold/ is empty'
text="$buy 3"
expect 'who is new is stopped as well, not held' 'rule=spam-alert' \
	new@s.example i
text=$buy

fresh SPAM_DELAY=0 SPAM_THRESHOLD=2
post spam@s.example h
first=$id
cp "$hold/$first" "$T/held"
cp "$hold/$first.why" "$T/held.why"
post spam@s.example a
rm -f "$hold"/*
cp "$T/held" "$hold/$first"
cp "$T/held.why" "$hold/$first.why"
score
like "$(cat "$T/err")" "^$first scored .*rule=spam-alert" \
	'what was not stopped before a crash is when lsv-score starts'

# --- SPAM_REJECT -----------------------------------------------------------

fresh SPAM_DELAY=0 SPAM_REJECT=DISCARD
three spam@s.example
expect 'DISCARD drops it' 'rule=spam-alert act=drop' spam@s.example d
unlike "$line" 'unanswered' 'and tells nobody'
fresh SPAM_DELAY=0 SPAM_REJECT=HOLD
three spam@s.example
expect 'HOLD holds it' 'rule=spam-alert act=hold' spam@s.example d
is "$(sed -n 's/^rule: //p' "$hold/$id.why")" spam-alert 'for a person'
lsv-spam release "$id" >"$T/said"
score
like "$(cat "$T/err")" "^$id scored .*$passes released=yes" \
	'who can release it'

# --- what an alert gives rise to --------------------------------------------

fresh SPAM_DELAY=0 SPAM_ALERT=1 RUNMODE=NETWORKED
three spam@s.example
post spam@s.example d
sum=$(echo "$line" | sed 's/.*sum=//;s/ .*//')
notice=$route/$id.notice
ok 'SPAM_ALERT=1 tells the postmasters' test -f "$notice"
is "$(sed -n '/^rcpts: 1$/{n;p;}' "$notice")" ann@example.net \
	'those who are not quiet'
like "$(cat "$notice")" "^Subject: Spam alert" 'what it is'
like "$(cat "$notice")" "$sum" 'the sum'
like "$(cat "$notice")" "came to 4 lists" 'and how many lists'
job=$peer/$id.spam
is "$(sed -n '/^class/p;/^id/p' "$job")" "id: $id.spam
class: peer" 'other servers get a job'
is "$(sed '1,/^end$/d' "$job" | sed -E 's/SENT=[-0-9]{10}T[0-9:]{8}Z/SENT=T/;s/^(SUBJ|ORIGIN): .*/\1/')" \
	"//X-SPAM JOB Echo=No,Reply-to=None
// X-SPAM V=1 ID=$host/$id SENT=T TTL=48
//DATA DD *
SUM: $sum
SUBJ
LISTS: 4
ORIGIN
/*
// EOJ" 'of the form that they know'
unlike "$(cat "$job")" 'spam@' 'which does not name the author'
like "$(cat "$job")" '^ORIGIN: hash:[0-9a-f]{16}$' 'but for a hash'
is "$(sed -n 's/^size: 0*//p' "$job")" "$(sed '1,/^end$/d' "$job" | wc -c)" \
	'its size is right'
is "$(ls "$out")" '' 'nothing is left behind'
post spam@s.example e
score
is "$(find "$peer" "$route" -name '*.notice' -o -name '*.spam' | wc -l)" 2 'all of it once'
is "$(cd "$LSV_SPOOL/score" && find . -type f -path '*/tmp/*')" '' 'really'

mv "$LSV_SPOOL/peer" "$LSV_SPOOL/away"
fresh SPAM_DELAY=0 SPAM_ALERT=1 RUNMODE=NETWORKED
three spam@s.example
post spam@s.example d
like "$(cat "$T/err")" 'unable to make what an alert gives rise to: No such file' \
	'without peer/ it is said'
not_ok 'and nothing is sent' ls "$route/$id.notice"
mv "$LSV_SPOOL/away" "$LSV_SPOOL/peer"
score
ok 'with it' test -f "$route/$id.notice"
ok 'both go on' test -f "$peer/$id.spam"

fresh SPAM_DELAY=0 RUNMODE=NETWORKED
i=0
while [ $i -lt 1000 ]; do
	i=$((i + 1))
	: >"$peer/$(printf '0647c1a2b3d4e.%010d' $i)"
done
three spam@s.example
post spam@s.example d
like "$(cat "$T/err")" "^$id.spam dropped rule=peer-is-full" \
	'more than a thousand jobs do not wait'
done_testing
