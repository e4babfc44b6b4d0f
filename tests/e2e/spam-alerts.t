#!/bin/sh
# lsv-spam alerts, and held mail that waits for a time
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/score.sh"

out() {
	cat "$T/out"
}

score_make
for l in ONE TWO THREE FOUR FIVE SIX; do
	list "$l" 'Send= Public' 2>"$T/said" || diag "$(cat "$T/said")"
done

# --- no alerts -------------------------------------------------------------

run lsv-spam alerts
is "$status $(out)" '0 ' 'before anything came in there are no alerts'
run lsv-spam alerts --json
is "$(out)" '[]' 'with --json an empty array'
run lsv-spam alerts --cancel 0123456789abcdef
is "$status" 1 'and none to withdraw'
for wrong in 'x' '--cancel' '--json --cancel 0123456789abcdef' \
	'--cancel 0123456789abcde' '--cancel 0123456789abcdeg' \
	'--cancel 0123456789abcdef00'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-spam alerts $wrong
	is "$status" 100 "alerts $wrong is wrong usage"
done

# --- an alert --------------------------------------------------------------

# shellcheck disable=SC2034 # for come
text='Dear friend, I have an offer for you that you will not believe when you
read it: buy our watches, which are cheaper than those of all the others.'
for l in one two three; do
	come rich@spam.test "$l"
done
judged 'the same text comes to three lists' 'rule=accepted act=pass'
run lsv-spam alerts
is "$(out)" '' 'which is no alert'
come rich@spam.test four
judged 'on the fourth it is stopped' 'rule=spam-alert'
run lsv-spam alerts
is "$status" 0 'alerts'
like "$(out)" '^[0-9a-f]{16} in-force +[0-9]+s 4 lists, ends in +[0-9]+[hd], by [0-9a-f]{13}\.[0-9a-f]{10}$' \
	'prints the sum, its age, the lists, its end and the message'
run lsv-spam alerts --json
is "$(json 'len(d), d[0]["state"], d[0]["lists"], d[0]["peer"], len(d[0]["sum"]), len(d[0]["subject"] or "0123456789abcdef")')" \
	"(1, 'in-force', 4, None, 16, 16)" 'with --json as JSON'
is "$(json 'abs(now - d[0]["raised"]) < 60 and d[0]["until"] > now and len(d[0]["id"])')" \
	24 'with times in seconds'
sum=$(json 'd[0]["sum"]')

# --- withdrawn -------------------------------------------------------------

run lsv-spam alerts --cancel "$sum" 0123456789abcdef
is "$status" 1 'an alert that is not there is an error'
like "$(cat "$T/err")" 'there is no alert for 0123456789abcdef' 'and named'
is "$(out)" "withdrawn $sum" 'the other one is withdrawn'
run lsv-spam alerts
like "$(out)" "^$sum withdrawn" 'which is shown'
come rich@spam.test five
judged 'then the text goes on' 'rule=accepted act=pass'
run lsv-spam alerts --cancel "$(echo "$sum" | tr a-f A-F)"
is "$status" 0 'it may be withdrawn twice, in any case'

# --- quarantine ------------------------------------------------------------

score_config SPAM_DELAY=7
unset text
come ann@example.org six
judged 'a stranger waits' 'rule=quarantine act=hold'
run lsv-spam held
like "$(out)" ' quarantine SIX ann@example.org number [0-9]+ \(goes on in +6m: .*not subscribed\)$' \
	'held says how long, and why'
run lsv-spam held --json
is "$(json 'd[0]["rule"], d[0]["why"][-14:], 300 < d[0]["until"] - now <= 420')" \
	"('quarantine', 'not subscribed', True)" 'in JSON as well'
id=$(json 'd[0]["id"]')
run lsv-spam show "$id"
like "$(out)" '^why: .*not subscribed$' 'show says so too'
like "$(out)" '^until: [A-Z][a-z][a-z], .* \+0000$' 'with the time'
ok 'it can be released before' lsv-spam release "$id"
judged 'and goes on' 'rule=accepted act=pass'
run lsv-spam held
is "$(out)" '' 'nothing is held then'
done_testing
