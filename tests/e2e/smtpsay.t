#!/bin/sh
# Our client, lib/smtp over lib/conn, against a host that misbehaves in every
# way we know of. What is checked each time: every recipient gets one result,
# and the right one; nothing that the host did not accept counts as delivered;
# the client breaks no rule; and it neither hangs nor dies.
. "$(dirname "$0")/../lib/tap.sh"

fake=$TOP/tests/lib/fakehost.py
say=$LSV_BUILD/tests/lib/smtpsay
tries=0
printf 'Message-ID: <7@x>\r\n\r\n.dot\r\n..\r\nlast\r\n' >"$T/body"

# try NAME HOST-OPTIONS SAY-ARGUMENTS SUM [REGEX]: SUM is "D n F n R n A n",
# of which the host must have accepted D, but for a NAME with "unsure"; REGEX
# is to match an event.
# They run six at a time; settle prints what became of them, in order.
try() {
	tries=$((tries + 1))
	mkdir "$T/$tries"
	attempt "$T/$tries" "$body" "$@" >"$T/$tries/tap" &
	[ $((tries % 6)) != 0 ] || wait
}

attempt() {
	D=$1
	: >"$D/log"
	# shellcheck disable=SC2086 # split on purpose
	"$fake" --port-file "$D/port" --log "$D/log" --trace "$D/trace" \
		$4 >"$D/host.out" 2>"$D/host.err" &
	host_pid=$!
	wait_for 30 test -s "$D/port"
	ms=20000
	case $3 in
	*silent* | *'not answered'*) ms=1000 ;;
	esac
	# shellcheck disable=SC2086 # split on purpose
	timeout 60 "$say" -t "$ms" -p "$(cat "$D/port")" "$2" $5 \
		>"$D/said" 2>"$D/err"
	kill "$host_pid"
	wait "$host_pid"
	judge "$3" "$6" "${7:-}" >"$D/bad"
	if [ ! -s "$D/bad" ]; then
		echo "pass $3"
	else
		echo "fail $3"
		cat "$D/bad" "$D/said" "$D/err" "$D/host.out" "$D/host.err"
		tail -n 20 "$D/trace"
	fi
}

judge() {
	[ "$(tail -n 1 "$D/said")" = "sum $2" ] || echo "wanted: sum $2"
	grep -q 'violations 0$' "$D/host.out" || echo 'violations'
	[ ! -s "$D/err" ] || echo 'wanted: no error'
	case $1 in
	*unsure*) ;;
	*)
		delivered=${2#D }
		[ "$(wc -l <"$D/log")" = "${delivered%% *}" ] ||
			echo "accepted: $(cat "$D/log")"
		;;
	esac
	[ -z "$3" ] || grep -Eq -e "$3" "$D/said" || echo "wanted: $3"
}

settle() {
	wait
	n=0
	while [ "$n" -lt "$tries" ]; do
		n=$((n + 1))
		what=$(head -n 1 "$T/$n/tap")
		case $what in
		'pass '*) pass "${what#pass }" ;;
		*)
			fail "${what#fail }"
			diag "$(tail -n +2 "$T/$n/tap")"
			;;
		esac
	done
}

body=$T/body
ab='a@x b@x'
all='D 2 F 0 R 0 A 0'
none='D 0 F 0 R 0 A 0'
failed='D 0 F 2 R 0 A 0'
retry='D 0 F 0 R 2 A 0'

# Opening
try 'a host that refuses connections' '--refuse' "$ab" "$none" \
	'^closed greeting 0 4.4.1 Connection refused'
for what in close reset silent garbage binary huge endless multi half \
	421 450 554 354; do
	try "greeting: $what" "--on connect=$what" "$ab" "$none" \
		'^closed greeting'
done
for what in close reset silent garbage huge endless half 421 450; do
	try "EHLO: $what" "--on ehlo=$what" "$ab" "$none" '^closed HELO'
done
for what in 500 502 550 multi binary; do
	try "EHLO: $what, so HELO" "--on ehlo=$what --no-pipelining \
		--no-8bitmime --no-enhanced" "$ab" "$all" '^ready'
done
try 'EHLO and HELO refused' '--no-esmtp --on helo=550' "$ab" "$none" \
	'^closed HELO 550'
try 'a host that knows HELO only' '--no-esmtp' "$ab" "$all"
try 'a host without PIPELINING' '--no-pipelining' "$ab" "$all"
try 'a host that is slow at every reply' \
	'--on connect=slow --on mail=slow --on dot=slow' "$ab" "$all"
try 'a host that is slow in answering' '--delay 100' "$ab" "$all"
try 'greeting doubled' '--on connect=double' "$ab" "$none" 'out of step'
try 'EHLO doubled' '--on ehlo=double' "$ab" "$none" 'out of step'

# Each verb of a transaction, with and without PIPELINING
for pipe in '' --no-pipelining; do
	# without PIPELINING it is the same machine with a window of one
	words='close reset silent garbage huge endless half 421'
	[ -z "$pipe" ] || words='close garbage 421'
	for what in $words; do
		try "MAIL: $what $pipe" "$pipe --on mail=$what" "$ab" \
			"$retry" '^closed MAIL'
		try "RCPT: $what $pipe" "$pipe --on rcpt=$what" "$ab" \
			"$retry" '^closed RCPT'
		try "DATA: $what $pipe" "$pipe --on data=$what" "$ab" \
			"$retry" '^closed DATA'
		try "dot: $what $pipe" "$pipe --on dot=$what" "$ab" \
			"$retry" '^closed dot'
	done
	for what in mail rcpt data dot; do
		try "$what: 450 $pipe" "$pipe --on $what=450" "$ab" "$retry"
		try "$what: 550 $pipe" "$pipe --on $what=550" "$ab" "$failed"
		try "$what: 20 lines $pipe" "$pipe --on $what=multi" "$ab" \
			"$failed"
		try "$what: binary $pipe" "$pipe --on $what=binary" "$ab" \
			"$failed"
		try "$what: 503 $pipe" "$pipe --on $what=503" "$ab" \
			"$([ $what = dot ] && echo "$failed" || echo "$retry")"
	done
	try "DATA: no patience, but a short body $pipe" \
		"$pipe --on data=early" "$ab" "$all"
	[ -n "$pipe" ] || for what in close reset silent; do
		try "dot: accepted, then $what $pipe (unsure)" \
			"$pipe --on dot=accept-$what" "$ab" "$retry" \
			'^txn R unsure dot'
	done
	try "mixed replies to RCPT $pipe" "$pipe" \
		'a@x r550.1@x b@x r450.1@x at-binary@x at-slow@x c@x' \
		'D 4 F 2 R 1 A 0'
	try "two replies to a RCPT $pipe" "$pipe" 'at-double@x b@x' "$retry"
	try "two replies to the dot $pipe" "$pipe --on dot:1=double" \
		'-m 1 a@x b@x' 'D 1 F 0 R 1 A 0' '^closed (MAIL|RCPT|DATA)'
	try "nobody accepted $pipe" "$pipe" 'r550.1@x r550.2@x' "$failed"
	try "354 for nobody $pipe" "$pipe --on data=354" 'r550.1@x r450.1@x' \
		'D 0 F 1 R 1 A 0'
	try "too many recipients $pipe" "$pipe --rcpt-limit 3" \
		'-r a@x b@x c@x d@x e@x f@x g@x h@x i@x' 'D 9 F 0 R 0 A 0' \
		'^rcpt .@x A'
	try "421 after some recipients $pipe" "$pipe" \
		'a@x r550@x r421@x b@x' 'D 0 F 1 R 3 A 0' '^closed RCPT 421'
	try "RSET refused $pipe" "$pipe --on rset=500" '-m 1 d451@x b@x' \
		"$retry" '^closed RSET 500'
	try "QUIT not answered $pipe" "$pipe --on quit=silent" "$ab" "$all" \
		'^closed QUIT 0 4.4.2'
	try "each transaction on its own $pipe" "$pipe" \
		'-m 1 a@x e550@x b@x d450@x c@x r550@x d@x dot-reset@x f@x' \
		'D 4 F 2 R 3 A 0' '^closed dot'
done

# What the host offers
try 'LIMITS RCPTMAX' '--limits RCPTMAX=1' "$ab" "$all" '\[1\+1\]'
try 'LIMITS MAILMAX' '--limits MAILMAX=1' '-m 1 a@x b@x' 'D 1 F 0 R 0 A 0' \
	'^closed QUIT'
try 'SIZE too small' '--size 20' "$ab" 'D 0 F 1 R 0 A 0' \
	'^refused mail 5.3.4'
try 'SIZE large enough' '--size 2000' "$ab" "$all"
try 'no SMTPUTF8' '' 'ä@x b@x' 'D 1 F 1 R 0 A 0' '^refused ä@x 5.6.7'
try 'SMTPUTF8' '--smtputf8' 'ä@x b@x' "$all"
try 'no address' '' 'a@x> b@x' 'D 1 F 1 R 0 A 0' '^refused a@x> 5.1.3'
try 'a name for the host' '' "-h localhost $ab" "$all"
printf 'Subject: \303\244\r\n\r\n' >"$T/eight"
body=$T/eight
try 'no 8BITMIME' '--no-8bitmime' "$ab" 'D 0 F 1 R 0 A 0' \
	'^refused mail 5.6.3'
try '8BITMIME' '' "$ab" "$all"

# A large body, for which the host loses its patience
yes 'a line of a body that is large' | head -n 150000 | sed 's/$/\r/' \
	>"$T/large"
body=$T/large
try 'a large body' '' "$ab" "$all"
try '552 in the middle of a large body' '--on data=early' "$ab" "$retry" \
	'^closed dot'
settle
done_testing
