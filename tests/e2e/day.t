#!/bin/sh
# A day of mail: ten thousand messages, three in a hundred hostile, through all
# services; every verdict is the one of the reference, and what is accepted
# arrives, once
#
# LSV_DAY_SEED  which day (1); LSV_DAY  how many messages (10000)
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

seed=${LSV_DAY_SEED:-1}
n=${LSV_DAY:-10000}
day=$TOP/tests/reference/day.py
kept=$T/differ
mkdir "$kept"

member() {
	seq 0 19 | sed 's/.*/member&@home.test/'
}

port=$(free_port)
host --delay 0 --smtputf8
tree_make "$port"
"$day" settings "$seed" "$T/black" >"$T/settings"
set --
while read -r line; do
	set -- "$@" "$line"
done <"$T/settings"
tree_config "$@"
run lsv-table spam
is "$status" 0 'the table of the text is made'
[ "$status" = 0 ] || diag "$(cat "$T/out" "$T/err")"
for name in open news free; do
	case $name in
	open) list open ;;
	news) list news 'Send= Private' ;;
	free) list free 'Misc-Options= NO_SPAM_CHECK' ;;
	esac
	echo "reader@$name.test" | subscribe "$name"
done
member | subscribe news
ok 'the services start' tree_up

# --- the mail --------------------------------------------------------------

begin=$(date +%s)
run "$day" give "$seed" "$n" "$LSV_ETC/site.cfg" "$LSV_RUN/lmtp/socket" \
	"$T/want"
is "$status" 0 "$n messages are given"
[ "$status" = 0 ] || diag "$(cat "$T/err")"
is "$(wc -l <"$T/want")" "$n" 'each is answered'

decided() {
	[ "$(events lsv-score ' scored ')" -ge \
		"$(grep -c '"said": "2' "$T/want")" ]
}
ok 'each that was taken is decided about' wait_for 120 decided
log lsv-score >"$T/log"
run "$day" check "$seed" "$T/want" "$T/log" "$kept"
is "$status" 0 'every verdict is that of the reference'
[ "$status" = 0 ] || {
	diag "$(grep '^differs' "$T/out" | head -n 20)"
	at_exit "cp -rT '$kept' '$LSV_BUILD/day-$seed'"
	diag "see $LSV_BUILD/day-$seed, or: $day pick $seed N"
}
diag "$(grep '^count' "$T/out")"

# count WORD... - how many of these there were
count() {
	sed -n "s/^count \([0-9]*\) $*\$/\1/p" "$T/out" | grep . || echo 0
}
is "$(sed -n 's/^same //p' "$T/out")" "$n" 'none is left out'
for rule in accepted whitelisted blacklisted; do
	ok "a tenth of them or more is $rule" \
		test "$(count $rule)" -ge $((n / 10))
done
for rule in bounce command loop auto-reply subscribers-only refused; do
	ok "there are some for the rule $rule" test "$(count $rule)" -ge 1
done
ok 'two in a hundred or more are hostile' \
	test "$(count hostile)" -ge $((n / 50))

# --- what arrives ----------------------------------------------------------

ok 'all that was accepted is delivered' wait_for 120 over \
	$(($(count accepted) + $(count whitelisted)))
run "$day" arrived "$T/want" "$T/taken"
is "$status" 0 'and that only, once for each recipient'
[ "$status" = 0 ] || diag "$(head -n 20 "$T/out")"
diag "$(($(date +%s) - begin)) s for $n messages"

done_testing
