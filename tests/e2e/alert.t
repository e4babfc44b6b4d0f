#!/bin/sh
# A spam alert, through all services with a user for each program: what is held,
# what is told to whom, and that it can be withdrawn
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

port=$(free_port)
tree_make "$port" SPAM_ALERT=1 RUNMODE=NETWORKED REPLY_MAX=100
chmod 755 "$T"
host --delay 0
for name in one two three four five; do
	list $name
	echo "reader@$name.example" | subscribe $name
done
list slow 'Loopcheck= Spam-Delay(60)'
echo reader@slow.example | subscribe slow
list gentle 'Loopcheck= NoSpam'
echo reader@gentle.example | subscribe gentle
ok 'the services start' tree_up

# mail AUTHOR LIST - the same text each time, under another Message-ID
n=0
mail() {
	n=$((n + 1))
	post "$1" "$2@$node" <<-X
		From: Somebody <$1>
		Subject: Cheap!
		Message-ID: <$n.$$@s.example>

		${text:-Buy these wonderful watches} now, cheaper than anywhere else.
		$n
	X
}

scored() {
	[ "$(events lsv-score "scored .*list=$1 .*$2")" -ge "${3:-1}" ]
}

mail first@s.example slow
ok 'a list lets strangers wait' wait_for 10 scored SLOW 'rule=quarantine act=hold'
like "$(lsv-spam held)" 'quarantine' 'which lsv-spam shows'
mail spam@s.example one
mail spam@s.example two
ok 'two others pass it on' wait_for 10 scored TWO 'rule=accepted act=pass'
mail spam@s.example three
ok 'the fourth list raises the alert' \
	wait_for 10 scored THREE 'rule=spam-alert act=report'
ok 'and what waited is stopped at once' \
	wait_for 10 scored SLOW 'rule=spam-alert act=report delayed=yes'
is "$(find "$LSV_SPOOL/hold" -type f)" '' 'hold/ is empty'
mail other@s.example four
ok 'so is what comes later' wait_for 10 scored FOUR 'rule=spam-alert'
mail other@s.example gentle
ok 'but not on a list with NoSpam' wait_for 10 scored GENTLE 'rule=accepted'

got() {
	taken "${2:-}" | grep -qx "$1"
}
ok 'the postmaster is told' wait_for 10 got keeper@example.net '<>'
like "$(cat "$T"/saved/*.eml)" '^Subject: Spam alert' 'of a spam alert'
for who in first spam other; do
	ok "$who is told that it was stopped" wait_for 10 got $who@s.example \
		'<>'
done
not_ok 'no subscriber of that list got it' got reader@three.example
is "$(taken '<>' | grep -c keeper@example.net)" 1 'the postmaster is told once'

# What the log of LISTSERV would say.
like "$(lsv-log)" 'Held until .* [(]spam quarantine, sender is not subscribed[)]' \
	'lsv-log says until when it was held'
like "$(lsv-log)" 'Spam alert raised, sum [0-9a-f]{16} [(]4 lists[)]' \
	'and that an alert was raised'
ok 'other servers get a job' \
	[ "$(find "$LSV_SPOOL/peer/new" -name '*.spam' | wc -l)" = 1 ]
ok 'the spool is as it should be' lsv-spool check

# --- withdrawn -------------------------------------------------------------

sum=$(log lsv-score | sed -n 's/.* alert sum=\([0-9a-f]*\) .*/\1/p' | head -n 1)
like "$(lsv-spam alerts)" "$sum" 'lsv-spam prints the alert'
withdrawn() {
	lsv-spam alerts --cancel "$1" >"$T/said"
}
ok 'a person withdraws it' withdrawn "$sum"
mail spam@s.example five
ok 'then the same text passes' wait_for 10 scored FIVE 'rule=accepted act=pass'
is "$(events lsv-score ' alert sum=')" 1 'and raises no other alert'
done_testing
