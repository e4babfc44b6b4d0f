#!/bin/sh
# Postings of authors that a list does not know: they wait in hold/, and go on
# when their time is over
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/inboxes.sh"

inboxes score route
mkdir "$LSV_SPOOL/hold"
new=$LSV_SPOOL/score/new
route=$LSV_SPOOL/route/new
hold=$LSV_SPOOL/hold
host=lists.example.org

# config LINE... - the configuration in force
config() {
	printf '%s\n' "NODE=$host" 'POSTMASTER=ann@example.net' \
		'SPAM_WHITELIST_FROM=*@friends.example' \
		'SPAM_BLACKLIST_FROM=*@spam.example' "$@" >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/said" 2>&1 || diag "$(cat "$T/said")"
}

# list NAME LINE...
list() {
	name=$1
	shift
	{
		echo "* $name"
		echo '* Owner= ann@example.net, Quiet:, quiet@example.net'
		echo '* Editor= ed@example.net, (LISTS)'
		printf '* %s\n' "$@"
	} >"$T/header"
	lsv-list create "$name" --header "$T/header" 2>"$T/said" ||
		diag "$(cat "$T/said")"
}

# post AUTHOR LIST - $id, and $line, which says what became of it
n=0
post() {
	n=$((n + 1))
	printf 'From: Somebody <%s>\nSubject: number %s\nMessage-ID: <%s@m>\n\n%s\n' \
		"$1" $n $n "the text of number $n is like no other, and long enough to be told" |
		lsv-inject -f "$1" "$2@$host"
	id=$(ls "$new")
	score
	line=$(grep "^$id scored" "$T/err")
}

score() {
	lsv-score -1 2>"$T/err"
}

spam() {
	lsv-spam "$@" >/dev/null
}

# expect NAME REGEX AUTHOR LIST
expect() {
	expect_name=$1 expect_want=$2
	post "$3" "$4"
	like "$line" "$expect_want" "$expect_name"
}

why() {
	sed -n "s/^$1: //p" "$hold/$id.why"
}

# becomes KEY VALUE - a line of the reason
becomes() {
	sed "s/^$1: .*/$1: $2/" "$hold/$id.why" >"$T/why"
	cat "$T/why" >"$hold/$id.why"
}

now_us() {
	date +%s000000
}

config
list test
list none 'Loopcheck= Spam-Delay(0)'
list three 'Loopcheck= Spam-Delay(3)'
list nospam 'Loopcheck= NoSpam'
for author in joe jim sue; do
	lsv-list add test $author@example.com 2>/dev/null
done

# --- who waits -------------------------------------------------------------

expect 'who is not subscribed waits' \
	'rule=quarantine act=hold .*until=[0-9]{10} why="sender is not subscribed" sum=[0-9a-f]{16}' \
	stranger@example.com test
ok 'the posting is in hold/' test -f "$hold/$id"
is "$(why rule) $(why delay) $(why list) $(why why)" \
	'quarantine 10 TEST sender is not subscribed' 'with the reason'
left=$((($(why until) - $(now_us)) / 1000000))
ok 'for ten minutes' [ $(((left + 9) / 10)) = 60 ]
like "$(why sum)" '^[0-9a-f]{16}$' 'and its sum'
like "$(lsv-spam held)" "$id" 'lsv-spam names it'
stranger=$id

expect 'who is subscribed and never posted waits' \
	'rule=quarantine .*why="first posting of subscriber"' \
	Joe@Example.com test
first=$id
expect 'an owner does not' 'rule=accepted act=pass' ann@example.net test
expect 'nor one that is quiet' 'rule=accepted act=pass' quiet@example.net test
expect 'nor an editor' 'rule=accepted act=pass' Ed@example.net test
expect 'nor whom a whitelist has' 'rule=whitelisted act=pass' \
	a@friends.example test
expect 'whom a blacklist has is rejected at once' \
	'rule=blacklisted act=report' a@spam.example test
expect 'a list may do without' 'rule=accepted act=pass' \
	stranger@example.com none
expect 'with NoSpam there is nothing to wait for' 'rule=accepted act=pass' \
	stranger@example.com nospam
expect 'Spam-Delay(n) counts instead of SPAM_DELAY' 'rule=quarantine' \
	stranger@example.com three
is "$(why delay)" 3 'in minutes'

# --- until when ------------------------------------------------------------

score
ok 'before its time nothing moves' test -f "$hold/$first"
config SPAM_DELAY=0
score
ok 'a shorter delay does not shorten what runs' test -f "$hold/$first"
expect 'it counts for what comes then' 'rule=accepted act=pass' \
	newcomer@example.com test
config
id=$first
becomes until "$(now_us)"
score
like "$(cat "$T/err")" "^$id scored .*rule=accepted act=pass delayed=yes" \
	'when its time has come it goes on'
ok 'under its ID' test -f "$route/$id"
not_ok 'hold/ has neither file nor reason' ls "$hold/$id" "$hold/$id.why"
expect 'from then on its author is known' 'rule=accepted act=pass' \
	joe@example.com test
expect 'to this list' 'rule=quarantine .*not subscribed' joe@example.com three
becomes until 99999999999999999
becomes delay 0
score
like "$(cat "$T/err")" "^$id scored .*delayed=yes" \
	'a clock that was set back keeps nothing longer than its delay'

# --- reasons that are lost --------------------------------------------------

expect 'one more waits' 'rule=quarantine' jim@example.com test
rm "$hold/$id.why"
score
like "$(cat "$T/err")" "^$id returned why=" 'without its reason it is judged again'
like "$(cat "$T/err")" "^$id scored .*rule=quarantine act=hold" 'and waits again'
is "$(why rule)" quarantine 'with a reason'
: >"$hold/$id.why"
score
is "$(why rule)" quarantine 'as with an empty one'
becomes until soon
score
like "$(why until)" '^[0-9]+$' 'or one that says nothing'
config SPAM_REJECT=HOLD
expect 'what is held for a person' 'rule=blacklisted act=hold' \
	a@spam.example test
becomes rule blacklisted
score
ok 'stays' test -f "$hold/$id"
rm "$hold/$id.why"
score
is "$(why rule)" blacklisted 'and without its reason is judged again, too'

# --- persons ----------------------------------------------------------------

expect 'one waits' 'rule=quarantine' sue@example.com test
ok 'a person can release it before' spam release "$id"
score
like "$(cat "$T/err")" "^$id scored .*rule=accepted act=pass released=yes" \
	'and it goes on'
expect 'then its author is known as well' 'rule=accepted act=pass' \
	sue@example.com test
ok 'or discard it' spam discard "$stranger"
score
not_ok 'and it is gone' ls "$hold/$stranger" "$route/$stranger"

# --- a copy, and a reason that nobody can read ---------------------------------

post b1@example.com test
cp "$hold/$id" "$T/first"
first=$id
sed -n '/^end$/,$p' "$T/first" | sed 1d | sed 's/^Subject:.*/Subject: again/' |
	lsv-inject -f b1@example.com "test@$host"
id=$(ls "$new")
score
like "$(cat "$T/err")" "^$id scored .*rule=copy act=drop first=$first" \
	'a copy of one that waits does not wait beside it'
spam discard "$first"
post b2@example.com test
due=$id
becomes until 1
becomes delay 0
post b3@example.com test
lost=$id
ln -sf /etc/passwd "$hold/$lost.why"
score
ok 'with a reason that cannot be read another goes on' \
	test -f "$route/$due"
like "$(cat "$T/err")" "^$lost returned" 'and that one is judged once more'
score
ok 'and waits' test -f "$hold/$lost"
spam discard "$lost"
rm -f "$route"/*

# --- how many, how long -------------------------------------------------------

for file in "$hold"/*.why; do
	spam discard "$(basename "$file" .why)"
done
config HOLD_MAX=2
post a1@example.com test
post a2@example.com test
two=$id
post a3@example.com test
is "$line" '' 'beyond HOLD_MAX nothing is decided'
like "$(cat "$T/err")" 'unable to move a file to hold/: Disk quota exceeded' \
	'which is said'
ok 'the posting stays where it is' test -f "$new/$id"
not_ok 'and is not in hold/' ls "$hold/$id" "$hold/$id.why"
spam discard "$two"
score
ok 'when there is room it is held' test -f "$hold/$id"

config SPAM_REJECT=HOLD
post a@spam.example test
old=$id
touch -d '31 days ago' "$hold"/*.why
post b@spam.example test
young=$id
held=$(grep -l '^rule: quarantine' "$hold"/*.why | wc -l)

# The service: it sweeps when it starts, and wakes when something is due.
id=$(basename "$(grep -l '^rule: quarantine' "$hold"/*.why | head -n 1)" .why)
becomes until "$(date -d '+2 seconds' +%s000000)"
lsv-score 2>"$T/log" &
at_exit "kill $!"
ok 'the service removes what was held for 30 days' \
	wait_for 10 grep -q "^$old dropped rule=held-too-long" "$T/log"
not_ok 'from hold/, with its reason' ls "$hold/$old" "$hold/$old.why"
ok 'nothing younger' test -f "$hold/$young"
is "$(grep -l '^rule: quarantine' "$hold"/*.why | wc -l)" "$held" \
	'and nothing that waits for its time'
not_ok 'what is due in two seconds waits' grep -q "^$id scored" "$T/log"
ok 'and goes on then, unasked' wait_for 10 \
	grep -q "^$id scored .*act=pass delayed=yes" "$T/log"

# what lsv-log makes of it
mkdir -p "$LSV_LIB/log/lsv-score"
echo "2026-11-22 16:00:00.000000000  $id scored rule=quarantine act=hold until=1795361000 why=\"sender is not subscribed\" from=a@b" \
	>"$LSV_LIB/log/lsv-score/current"
like "$(lsv-log)" 'Held until [0-9]+ [A-Z][a-z]{2} 2026 [0-9:]{8} \(spam quarantine, sender is not subscribed\)' \
	'lsv-log says until when'
done_testing
