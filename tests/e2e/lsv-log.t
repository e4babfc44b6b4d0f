#!/bin/sh
# lsv-log: the services' logs merged, filtered, in each shape, and followed
. "$(dirname "$0")/../lib/tap.sh"

LSV_LIB=$T/lib
export LSV_LIB
log=$LSV_LIB/log
a=660d3fe9f4a40.9f02c4d1aa b=660d3fe9f4a41.0000000000
number=$((0x${a%.*} % 10000000))
mkdir -p "$log/lsv-score" "$log/lsv-route" "$log/lsv-smtpw"

# an archived file, one being put away, and the live one
cat >"$log/lsv-score/@4000000067000000000000.s" <<END
2011-06-07 00:00:01.000000001  - confined no_new_privs=1 landlock=1
2011-06-07 00:00:01.100000000  $a scored class=post list=TEST rule=accepted act=pass size=9 from=joe@example.com to=test@lists.example.org ms=1
END
cat >"$log/lsv-score/previous" <<END
2011-06-07 00:00:02.000000000  $b scored class=post list=TEST rule=loop act=drop size=9 from=ann@example.com to=test@lists.example.org ms=1
END
cat >"$log/lsv-score/current" <<END
2011-06-07 00:00:09.000000000  lsv-score: warning: unable to scan score/new: Input/output error
END
cat >"$log/lsv-route/current" <<END
2011-06-07 00:00:01.200000000  $a routed list=TEST rcpts=16 pool=A files=2
2011-06-07 00:00:05.000000000  $a done list=TEST rcpts=16 delivered=15 failed=1
2011-06-07 00:00:06.000000000  $b.r strange why="a \\"b\\" = c" n=7
END
cat >"$log/lsv-smtpw/current" <<END
2011-06-07 00:00:03.000000000  $a.000001 sent rcpts=15 delivered=15 failed=0 retry=0 host=127.0.0.1:25 worker=1.1 ms=4
2011-06-07 00:00:04.000000000  $a.000002 deferred rcpts=1 delivered=0 failed=0 retry=1 host=127.0.0.1:25 worker=1.1 tries=1 due=1307405104 ms=4
2011-06-07 00:00:04.500000000  - host-down worker=1.1 host=127.0.0.1:25 why="connection refused" again_ms=1000
END

# --- shapes ----------------------------------------------------------------

run lsv-log
is "$status" 0 'exit 0'
is "$(cat "$T/out")" "7 Jun 2011 00:00:01 lsv-score started
7 Jun 2011 00:00:01 Processing file $number from joe@example.com
7 Jun 2011 00:00:01 Distributing file $number (\"TEST\") to 16 recipients...
7 Jun 2011 00:00:02 Processing file $((number + 1)) from ann@example.com
7 Jun 2011 00:00:02 File $((number + 1)) discarded: loop
7 Jun 2011 00:00:03 File forwarded to 127.0.0.1:25 for 15 recipients.
7 Jun 2011 00:00:04 File $number deferred for 1 recipient until 7 Jun 2011 00:05:04.
7 Jun 2011 00:00:04 >>> 127.0.0.1:25 cannot be reached: connection refused
7 Jun 2011 00:00:05 File $number (\"TEST\") distributed to 15 recipients.
7 Jun 2011 00:00:05 Done - 1 job (16 rcpts), 1 failure.
7 Jun 2011 00:00:06 strange file $((number + 1)) why=\"a \\\"b\\\" = c\" n=7
7 Jun 2011 00:00:09 >>> lsv-score: warning: unable to scan score/new: Input/output error" \
	'all logs by time, in the form of LISTSERV'

run lsv-log --json
cat >"$T/check" <<'END'
import json, sys
lines = [json.loads(l) for l in sys.stdin]
print(len(lines), lines[1]['service'], lines[1]['rule'], lines[4]['delivered'],
    lines[8]['why'], lines[9]['message'][:9], lines[1]['time'], lines[1]['us'])
END
is "$(python3 "$T/check" <"$T/out")" \
	'10 lsv-score accepted 15 a "b" = c lsv-score 2011-06-07 00:00:01.100000000 1307404801100000' \
	'JSON, one object a line with all keys'
run lsv-log --raw
is "$(sed -n 2p "$T/out")" \
	"$(sed -n 2p "$log/lsv-score/@4000000067000000000000.s")" \
	'raw lines as they were written'

# --- filters ---------------------------------------------------------------

lines() {
	lsv-log --raw "$@" | wc -l
}
is "$(lines "$a")" 5 'by ID: with its parts, from all services'
is "$(lines 660d3fe9f4a41)" 2 'by the beginning of an ID'
is "$(lines "$number")" 5 'by file number'
is "$(lines joe@EXAMPLE.com)" 5 \
	'by address: all that happened to the messages that have it'
is "$(lines --list test)" 7 'by list'
is "$(lines --list test joe@example.com)" 5 'by list and address'
is "$(lines --service lsv-route)" 3 'by service'
is "$(lines --service smtpw)" 3 'by service without its prefix'
is "$(lines --since '2011-06-07 00:00:05')" 3 'since a time'
is "$(lines --since '2011-06-07T00:00:05')" 3 'with a T in it'
is "$(lines --since 2011-06-07)" 10 'since a day'
run lsv-log --since 1h
is "$status" 1 'nothing matched: exit 1'
run lsv-log nobody@example.org
is "$status" 1 'an address nobody knows: exit 1'

# --- usage -----------------------------------------------------------------

run lsv-log -h
is "$status" 0 '-h: exit 0'
for words in '--since yesterday' '--wrong' 'a b' '--service none'; do
	# shellcheck disable=SC2086 # a list of words
	run lsv-log $words
	is "$status" 100 "usage: lsv-log $words"
done
LSV_LIB=$T/none
run lsv-log
is "$status" 100 'no logs: exit 100'
LSV_LIB=$T/lib

# --- hostile lines ---------------------------------------------------------

mkdir "$log/lsv-service"
printf '2011-06-07 00:00:01.000000000  \033[2J\a\n%s\n' \
	"$(head -c 200000 /dev/zero | tr '\0' x)" >"$log/lsv-service/current"
run lsv-log --service service
is "$(head -n 1 "$T/out")" '7 Jun 2011 00:00:01 >>> ?[2J?' \
	'no line steers the terminal'
ok 'long lines are shown in pieces' test "$(wc -l <"$T/out")" -ge 4
is "$(tr -d '\n' <"$T/out" | tr -dc x | wc -c)" 200000 'and nothing is lost'
rm -r "$log/lsv-service"

# --- following a log that s6-log writes and puts away ----------------------

mkdir "$log/lsv-live"
mkfifo "$T/in"
s6-log -b n100 s4096 T "$log/lsv-live" <"$T/in" &
logger=$!
exec 8>"$T/in"
echo "$a first n=0" >&8
wait_for 10 grep -q first "$log/lsv-live/current"
lsv-log -f --raw --service live >"$T/follow" &
follower=$!
at_exit "kill $logger $follower 2>/dev/null"
ok '-f begins with what was logged a moment ago' \
	wait_for 10 grep -q first "$T/follow"
awk -v id="$a" 'BEGIN { for (i = 1; i <= 1500; i++)
	printf "%s line n=%d pad=xxxxxxxxxxxxxxxxxxxx\n", id, i }' >&8
echo "$a last n=0" >&8
ok 'and goes on' wait_for 20 grep -q ' last ' "$T/follow"
ok 'while the log is put away under it' \
	test "$(find "$log/lsv-live" -name '@*' | wc -l)" -gt 5
is "$(grep -o 'line n=[0-9]*' "$T/follow" | cut -d= -f2 | tr '\n' ' ')" \
	"$(seq 1 1500 | tr '\n' ' ')" 'each line once, in order'
kill -INT "$follower"
wait "$follower"
is $? 0 'a signal ends it with exit 0'
exec 8>&-
wait "$logger"
is "$(lsv-log --raw --service live | grep -c ' line ')" \
	"$(cat "$log"/lsv-live/@* "$log/lsv-live/current" | grep -c ' line ')" \
	'read again, all files of the log are there'

# --- other servers -----------------------------------------------------------

mkdir "$log/lsv-peer"
cat >"$log/lsv-peer/current" <<END
2011-06-07 00:00:01.000000000  $a.000001 relayed server=LISTSERV@cearn.example rcpts=16 mail=660d3fe9f4a40.3be01a77c2 bytes=900 ms=4
2011-06-07 00:00:02.000000000  $a.000002 relayed server=LISTSERV@searn.bitnet rcpts=1 mail=660d3fe9f4a40.01a77c23be bytes=900 ms=4
2011-06-07 00:00:03.000000000  $a.000003 direct rcpts=2 server=LISTSERV@cearn.example pool=A why="over PEER_MAXSIZE"
2011-06-07 00:00:04.000000000  $a.000004 deferred rcpts=2 delivered=0 failed=0 retry=2 host=cearn.example tries=1 due=1307405104 why="unable to write the job: No space left on device"
2011-06-07 00:00:05.000000000  $a.000005 failed rcpts=2 server=x why="the server has no address"
END
is "$(lsv-log --service lsv-peer | cut -d' ' -f5-)" \
	"File $number mailed to CEARN.EXAMPLE for 16 recipients.
File $number mailed to LISTSERV@SEARN for 1 recipient.
File $number not mailed to CEARN.EXAMPLE but delivered directly to 2 recipients: over PEER_MAXSIZE
File $number deferred for 2 recipients until 7 Jun 2011 00:05:04.
>>> File $number failed for 2 recipients: the server has no address" \
	'what is mailed to other servers, and what is not'
rm -r "$log/lsv-peer"

# --- commands ----------------------------------------------------------------

mkdir "$log/lsv-command"
long=$(printf '%078d' 1)
cat >"$log/lsv-command/current" <<END
2011-06-07 00:00:01.000000000  $a command from=joe@example.com text="SUB test Joe User"
2011-06-07 00:00:02.000000000  $a command from=listserv@listserv.net text=${long}2
2011-06-07 00:00:03.000000000  $a command from=listserv@listserv.net text=$long
2011-06-07 00:00:04.000000000  $a asked file=$a.000001 list=TEST address=joe@example.com whom=sender
2011-06-07 00:00:05.000000000  $a asked file=$a.000002 list=TEST address=joe@example.com whom=owners
2011-06-07 00:00:06.000000000  $a subscribed list=TEST address=joe@example.com
2011-06-07 00:00:07.000000000  $a signed-off list=TEST address=joe@example.com
2011-06-07 00:00:08.000000000  $a executed from=joe@example.com commands=1 files=2 ms=3
END
is "$(lsv-log --service lsv-command | cut -d' ' -f5-)" \
	"From joe@EXAMPLE.COM: SUB test Joe User
From listserv@LISTSERV.NET: $long (...)
From listserv@LISTSERV.NET: $long
joe@EXAMPLE.COM is asked to confirm
The owners of TEST are asked about joe@EXAMPLE.COM
joe@EXAMPLE.COM subscribed to TEST
joe@EXAMPLE.COM signed off TEST
Done - 1 command, 2 outbound files." 'commands as LISTSERV shows them'
rm -r "$log/lsv-command"

# --- root ------------------------------------------------------------------

if is_root; then
	chown -R 65534:65534 "$log"
	chmod 700 "$log/lsv-route"
	run lsv-log --service route
	is "$status" 0 'root acts as the owner of the logs'
	chown 0:0 "$log/lsv-route/current"
	chmod 600 "$log/lsv-route/current"
	run lsv-log --service route
	is "$status" 111 'with no more rights than that'
else
	skip 'needs root' 2
fi
done_testing
