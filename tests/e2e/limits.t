#!/bin/sh
# What keeps workers from sending as fast as they can: rates, CONCURRENCY= and
# MAXRCPT= of an entry, orders of a person; and that a small job does not wait
# for large ones.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/fleet.sh"

# a crash is to look like one in a sanitized build, too
export ASAN_OPTIONS="${ASAN_OPTIONS-}:handle_segv=0"

relay one --trace "$T/trace"
relay two
one=$(at one) two=$(at two)
tree_make "${two#*:}"
# shellcheck disable=SC2046 # a word each
with crowd $(seq 1000)
with few a b c

configured() {
	tree_config "$@"
	lsv-service reload
}

forget() {
	for name in one two; do
		: >"$T/fleet/$name.taken"
	done
	: >"$T/trace"
}

got_some() {
	[ "$(letters "$1")" -ge "$2" ]
}

# during S NAME - how many it takes within S seconds
during() {
	during_before=$(letters "$2")
	sleep "$1"
	echo $(($(letters "$2") - during_before))
}

state() {
	board | grep -q "^$1 $2"
}

# --- rates -----------------------------------------------------------------

# rate NAME LOW HIGH LINE... - what it takes within 4 s, posted to the crowd
rate() {
	rate_name=$1 rate_low=$2 rate_high=$3
	shift 3
	configured "$@"
	forget
	letter "$rate_name" | to crowd
	wait_for 10 got_some one 1
	n=$(during 4 one)
	diag "$rate_name: $n in 4 s"
	ok "$rate_name" test "$n" -ge "$rate_low" -a "$n" -le "$rate_high"
}

tree_config "SMTP_FORWARD_1=4*$one"
ok 'the services start' tree_up
rate 'SMTP_MESSAGE_LIMIT: 200 recipients in 4 s' 175 225 \
	'SMTP_MESSAGE_LIMIT=50/s' "SMTP_FORWARD_1=4*$one"
limited() {
	board | grep -q '^1[.][1-4] limited'
}
ok 'workers show that a limit holds them up' wait_for 3 limited
before=$(letters one)
for turn in 1 2 3 4; do
	lsv-service reload
	sleep 0.5
done
n=$(($(letters one) - before))
diag "$n within 2 s and more, four reloads"
ok 'a limit holds over reloads' test "$n" -le 200
rate 'RATE= of one worker' 70 90 "SMTP_FORWARD_1=$one;RATE=20/s"
rate 'RATE= of each of two' 140 180 "SMTP_FORWARD_1=2*$one;RATE=20/s"
# a letter has some 200 bytes; the limit counts every recipient
{
	letter 'of 5 kB'
	yes 'This line has forty bytes, all in all..' | head -n 120
} >"$T/large"
configured 'SMTP_RATE_LIMIT=1Mbps' "SMTP_FORWARD_1=2*$one"
ok 'what was held up leaves' finished 60
forget
to crowd <"$T/large"
wait_for 10 got_some one 1
n=$(during 4 one)
bytes=$(head -n 1 "$T/fleet/one.taken" | cut -f 4)
want=$((4 * 1000000 / 8 / bytes))
diag "$n in 4 s, of $bytes bytes; 1 Mbps is $want"
ok 'SMTP_RATE_LIMIT counts the bits of every recipient' \
	test "$n" -ge $((want * 88 / 100)) -a "$n" -le $((want * 112 / 100))
ok 'without limits' configured "SMTP_FORWARD_1=$one"
ok 'the rest leaves at once' finished

# One pool is limited, the others are not.
list other 'Delivery-Pool= B'
echo o1@example.net | lsv-list import other >"$T/import" 2>&1
ok 'a limit for one pool' configured DEFAULT_LIST_POOL=A \
	'SMTP_MESSAGE_LIMIT=A:30/s' "SMTP_FORWARD_1=$one"
forget
letter 'limited' | to crowd
wait_for 10 got_some one 1
letter 'not limited' | to other
other() {
	grep -q 'o1@example.net' "$T/fleet/one.taken"
}
ok 'mail of another pool passes through the same worker' wait_for 1 other
ok 'no limit again' configured "SMTP_FORWARD_1=$one"
ok 'all of it leaves' finished

# --- options of an entry ---------------------------------------------------

forget
ok 'CONCURRENCY=1 for three workers of two entries' configured MAXBSMTP=20 \
	"SMTP_FORWARD_1=2*$one;CONCURRENCY=1" \
	"SMTP_FORWARD_2=$one;CONCURRENCY=1;MAXRCPT=10"
letter 'one at a time' | to crowd
ok 'a posting' finished 30
most=$(awk '/> MAIL/ { n++; if (n > most) most = n }
	/< 250 2.0.0 taken/ { n-- } END { print most }' "$T/trace")
is "$most" 1 'never more than one transaction at that host'
is "$(got one | tr ' ' '\n' | sort -u | grep -c @)" 1000 'all get it'
forget
ok 'MAXRCPT=10 in place of MAXBSMTP' configured \
	"SMTP_FORWARD_1=$one;MAXRCPT=10;HELO=relay.example.org;IDLE=1s"
letter 'by tens' | to crowd
ok 'a posting' finished
most=$(awk '/> MAIL/ { n = 0 } /> RCPT/ { if (++n > most) most = n }
	END { print most }' "$T/trace")
is "$most" 10 'in transactions of ten'
like "$(cat "$T/trace")" '> EHLO relay[.]example[.]org' 'under the name of HELO='
quit() {
	grep -q '> QUIT' "$T/trace"
}
ok 'and says goodbye after IDLE=' wait_for 3 quit

# --- a worker that crashes -------------------------------------------------

crash() {
	crash_before=$(events lsv-smtpw 'worker-died worker=1.1')
	# shellcheck disable=SC2046 # process numbers
	kill -SEGV $(pgrep -P "$(smtpw_pid)" | head -n 1)
	wait_for 10 crashed
}
crashed() {
	[ "$(events lsv-smtpw 'worker-died worker=1.1')" -gt "$crash_before" ]
}
ok 'a worker crashes' crash
ok 'it is replaced' wait_for 5 state 1[.]1 idle
ok 'it crashes again' crash
like "$(log lsv-smtpw | grep worker-died | tail -n 1)" \
	'worker=1[.]1 signal=11 again_ms=2000' 'and is replaced after a longer time'
letter 'after it crashed' | to few
ok 'mail leaves' finished

# --- orders ----------------------------------------------------------------

forget
ok 'two workers' configured MAXBSMTP=5 "SMTP_FORWARD_1=$one;RATE=50/s" \
	"SMTP_FORWARD_2=$two;POOL=B"
letter 'to be held' | to crowd
ok 'one is at work' wait_for 10 got_some one 10
ok 'it is told to pause' lsv-worker pause worker 1.1
ok 'it shows that it does' wait_for 3 state 1[.]1 paused
n=$(during 1 one)
is "$n" 0 'and sends nothing'
ok 'a reload' lsv-service reload
ok 'changes nothing' wait_for 3 state 1[.]1 paused
ok 'it may go on' lsv-worker resume worker 1.1
ok 'and does' wait_for 5 got_some one $(($(letters one) + 10))
ok 'the host is told to pause' lsv-worker pause host 127.0.0.1
ok 'both workers do' wait_for 3 state 2[.]1 paused
ok 'they may go on' lsv-worker resume host 127.0.0.1
ok 'its pool is told to pause' lsv-worker pause pool -
sleep 1
n=$(during 1 one)
is "$n" 0 'nothing of that pool is sent'
ok 'it may go on' lsv-worker resume pool -
ok 'drained: it ends what it has' lsv-worker drain worker 1.1
letter 'behind' | to few
ok 'without limits' configured "SMTP_FORWARD_1=$one" "SMTP_FORWARD_2=$two;POOL=B"
ok 'and takes nothing new' wait_for 10 state 1[.]1 drained
ok 'it may go on' lsv-worker resume worker 1.1
ok 'all of it leaves' finished 30
is "$(sort "$T/fleet/one.taken" | cut -f 2,5 | uniq -d | wc -l)" 0 \
	'nothing was sent twice'

# --- small jobs and large ones ---------------------------------------------

relay_end one
relay one --rate 200
# postings N - N large ones, on their way through both workers
postings() {
	for turn in $(seq "$1"); do
		letter "large $turn" | to crowd
	done
	wait_for 10 got_some one 200
}
# waited - how long a job of one recipient takes, ms
waited() {
	waited_start=$(date +%s%N)
	letter 'small' | to "$1"
	wait_for 20 small_is_there || echo never
	echo $((($(date +%s%N) - waited_start) / 1000000))
}
small_is_there() {
	grep -q 'single@example.net' "$T/fleet/one.taken"
}
with alone single
forget
ok 'two workers, a slow relay' configured "SMTP_FORWARD_1=2*$one"
ok '20 large postings' postings 20
ms=$(waited alone)
diag "a small one left after $ms ms"
ok 'a small one leaves within 2 s' test "$ms" -lt 2000
before=$(letters one)
n=$(during 3 one)
diag "$n recipients within 3 s"
ok 'and the large ones go on' test "$n" -ge 500
forget
ok 'POOL_ORDER=FIFO' configured POOL_ORDER=FIFO "SMTP_FORWARD_1=2*$one"
letter 'small, in turn' | to alone
sleep 3
not_ok 'it waits for its turn' small_is_there
lsv-service down >/dev/null 2>&1
relay_end two
is "$?" 0 'no relay saw a broken rule'
done_testing
