#!/bin/sh
# SPAM_EXIT through all services: what becomes of mail by what it says, the
# order of a list's postings, lists that do not wait for one another, another
# configuration meanwhile, and services that are killed
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

port=$(free_port)

# The exit does what a field of the message says: seconds, code and a text.
exit_make() {
	mkdir -p "$LSV_ETC/exits"
	cat >"$LSV_ETC/exits/TESTER" <<-'X'
		#!/bin/sh
		while read -r field seconds code text; do
			[ "$field" = X-Exit: ] && break
		done
		[ -z "$seconds" ] || sleep "$seconds"
		echo "$text"
		exit "${code:-0}"
	X
	chmod 755 "$LSV_ETC/exits" "$LSV_ETC/exits/TESTER"
}

# configured LINE... - and in force
configured() {
	configured_before=$(events lsv-score 'configuration read again')
	tree_config "$@"
	lsv-service reload >/dev/null && wait_for 10 reloaded
}
reloaded() {
	[ "$(events lsv-score 'configuration read again')" -gt \
		"$configured_before" ]
}

tree_make "$port" SPAM_EXIT=TESTER SPAM_EXIT_WORKERS=8
exit_make
host --delay 0
for name in one two; do
	list $name
	echo "$name@example.net" | subscribe $name
done
ok 'the services start' tree_up

# mail LIST EXIT [AUTHOR] - a posting of its own: $n; what the exit does of it
n=0
mail() {
	n=$((n + 1))
	{
		echo "From: Somebody <${3:-joe@example.com}>"
		echo "Subject: number $n"
		echo "Message-ID: <$n.$$@example.com>"
		echo "X-Exit: $2"
		printf '\nbody of number %s, which is like no other\n' "$n"
	} | post "s$n@example.com" "$1@$node"
}
# verdict N REGEX - is there one that matches for the N-th
verdict() {
	log lsv-score | grep ' scored ' | grep "from=s$1@example.com" |
		grep -qE -e "$2"
}
decided() {
	ok "$2: $3" wait_for 15 verdict "$1" "$4"
}
delivered() {
	grep -qrxE "Subject: number $1.?" "$T/saved"
}

mail one '0 0'
decided $n 'exit code 0' 'the posting goes on' \
	'rule=accepted act=pass exit=0 '
ok 'and is delivered' wait_for 15 delivered $n
mail one '0 1'
decided $n 'exit code 1' 'it is whitelisted' 'rule=whitelisted act=pass exit=1'
mail one '0 2 not nice at all'
decided $n 'exit code 2' 'it is rejected, and why' \
	'rule=exit act=report exit=2 .*why="not nice at all"'
reported() {
	grep -qr 'not nice at all' "$T/saved"
}
ok 'the report to its sender says why' wait_for 15 reported
is "$(find "$LSV_SPOOL/score/wait" "$LSV_SPOOL/score/scanned" \
	"$LSV_SPOOL/scan/new" -type f | wc -l)" 0 'nothing of it is left'

# --- order --------------------------------------------------------------------

first=$((n + 1))
tree_config SPAM_EXIT=TESTER SPAM_WHITELIST_FROM=friend@example.com
lsv-service reload >/dev/null
reloaded_once() {
	[ "$(events lsv-score 'configuration read again')" -ge 1 ]
}
wait_for 10 reloaded_once
for name in $(seq 20); do
	mail one "0.$((name * 7 % 10)) 0" \
		"$([ "$name" != 10 ] || echo friend@example.com)"
done
ok '20 postings that take different times are scored' \
	wait_for 30 verdict $n 'act=pass'
# passed LIST - the numbers of those passed on, from $first on
passed() {
	log lsv-score | grep " scored .* list=$1 .* act=pass " |
		sed 's/.* from=s\([0-9]*\)@.*/\1/' |
		awk -v first="$first" '$1 >= first'
}
is "$(passed ONE | tr '\n' ' ')" "$(seq "$first" "$n" | tr '\n' ' ')" \
	'in the order in which they came'

# --- one list does not hold up another ----------------------------------------

for name in $(seq 20); do
	mail one '4 0'
done
began=$(date +%s%N)
mail two '0 0'
ok 'a posting to another list goes on' wait_for 15 verdict $n 'act=pass'
took=$((($(date +%s%N) - began) / 1000000))
diag "after $took ms"
ok 'within 2 s, while 20 slow ones of the first are judged' [ "$took" -le 2000 ]
not_ok 'which they are' verdict $((n - 1)) 'act='
is "$(find "$LSV_SPOOL/score/wait" -type f | wc -l)" 20 'all of them'

# --- another configuration meanwhile ------------------------------------------

ok 'without SPAM_EXIT' configured
ok 'those that wait go on' wait_for 10 verdict $((n - 1)) 'act=pass'
nothing_waits() {
	[ "$(find "$LSV_SPOOL/score/wait" "$LSV_SPOOL/score/new" -type f |
		wc -l)" = 0 ]
}
ok 'all of them' wait_for 10 nothing_waits
mail one '0 2'
ok 'and nothing is asked any more' wait_for 10 verdict $n 'act=pass'
not_ok 'of anybody' verdict $n 'exit='

# --- an exit that fails -------------------------------------------------------

configured SPAM_EXIT=TESTER SPAM_EXIT_FAIL=ACCEPT
mail one '0 3'
decided $n 'exit code 3 and ACCEPT' 'it goes on' \
	'rule=accepted act=pass exit=failed'
configured SPAM_EXIT=TESTER SPAM_EXIT_FAIL=HOLD
mail one '0 3'
decided $n 'exit code 3 and HOLD' 'it is held' \
	'rule=exit-failed act=hold exit=failed'
configured SPAM_EXIT=TESTER SPAM_REJECT=HOLD
mail one '0 2 a worm'
decided $n 'exit code 2 and HOLD' 'it is held' 'rule=exit act=hold'
like "$(lsv-spam held)" ' exit ' 'lsv-spam shows it'
id=$(log lsv-score | grep "from=s$n@example.com" |
	grep -oE '[0-9a-f]{13}[.][0-9a-f]{10}' | tail -n 1)
ok 'it is released' lsv-spam release "$id"
ok 'and goes on, whatever the exit says' wait_for 10 delivered $n
configured SPAM_EXIT=TESTER SPAM_REJECT=DISCARD
mail one '0 2'
decided $n 'exit code 2 and DISCARD' 'it is dropped' 'rule=exit act=drop'
mail one '0 9'
deferred=$n
retry() {
	[ "$(events lsv-score 'waits for=retry')" -ge 1 ]
}
ok 'exit code 9 and DEFER: it waits' wait_for 10 retry
like "$(lsv-log)" '>>> File [0-9]+ waits, SPAM_EXIT failed: ' \
	'as lsv-log says'
like "$(lsv-log)" ' File [0-9]+ waits for SPAM_EXIT$' 'and of those before'
like "$(lsv-log)" ' File [0-9]+ waits for others to ONE$' \
	'and what waited for them'
mail one '0 0'
decided $n 'one that comes later' 'it does not wait for that' 'act=pass'
not_ok 'which is still there' verdict "$deferred" 'act='
configured SPAM_EXIT=TESTER SPAM_EXIT_FAIL=ACCEPT
decided "$deferred" 'another configuration' 'it is asked about at once' \
	'act=pass exit=failed'

# --- killed -------------------------------------------------------------------

first=$((n + 1))
configured SPAM_EXIT=TESTER
(
	for kill_n in $(seq 8); do
		sleep 0.$((kill_n * 37 % 60 + 20))
		kill_whom=lsv-score
		[ $((kill_n % 2)) = 0 ] || kill_whom=lsv-scan
		kill_pid=$(tree_pid $kill_whom)
		[ -z "$kill_pid" ] || kill -9 "$kill_pid"
	done
) &
killer=$!
for name in $(seq 100); do
	mail one "0.0$((name % 7)) 0"
	mail two "0.0$((name % 5)) 0"
done
wait "$killer"
all_came() {
	[ "$(saved_since | sort -u | wc -l)" -ge 200 ]
}
saved_since() {
	grep -rhoE '^Subject: number [0-9]+' "$T/saved" |
		awk -v first="$first" '$3 >= first { print $3 }'
}
wait_for 60 all_came
is "$(saved_since | sort -u | wc -l)" 200 \
	'200 postings while lsv-score and lsv-scan are killed: none is lost'
is "$(saved_since | sort | uniq -d | tr '\n' ' ')" '' 'nor doubled'
ok 'and nothing is left' wait_for 10 nothing_waits
for name in ONE TWO; do
	passed $name >"$T/passed"
	ok "$name: they kept their order" sort -nc "$T/passed"
done
done_testing
