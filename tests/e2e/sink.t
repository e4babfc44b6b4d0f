#!/bin/sh
# sink.t - the witness of other tests and of the benchmarks is itself checked
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
PATH=$LSV_BUILD/bench:$PATH

sink=
at_exit 'stop'

# sink_start [OPTION...] - on free ports: $port, $control
sink_start() {
	rm -f "$T/ports"
	lsv-sink -p 0 -c 0 -P "$T/ports" "$@" >"$T/sink.out" 2>"$T/sink.err" &
	sink=$!
	wait_for 10 test -e "$T/ports" || diag "$(cat "$T/sink.err")"
	read -r port control <"$T/ports"
}

stop() {
	[ -z "$sink" ] || { kill "$sink" && wait "$sink"; } 2>/dev/null
	sink=
}

# talk [-1] FORMAT - what the server answers to that text
talk() {
	byte=
	[ "$1" != -1 ] || { byte=-1 && shift; }
	# shellcheck disable=SC2059 # the format is what we are given
	printf "$1" | "$TOP/bench/talk.py" $byte "$port" | tr -d '\r'
}

codes() {
	cut -c1-3 | tr '\n' ' '
}

ctl() {
	"$TOP/bench/ctl.py" "$control" "$@"
}

# stat KEY - one counter
stat() {
	ctl STATS | tr -d '{}' | tr , '\n' | sed -n "s/^\"$1\"://p"
}

# verify - every recipient once, as far as the sink's log goes
verify() {
	ctl STATS >"$T/stats" && "$TOP/bench/verify.py" "$T/rcpts" "$T/log"
}

push() {
	lsv-push -p "$port" -r "$T/rcpts" -m "$T/msg" "$@"
}

"$TOP/bench/gen.py" domains 2000 7 "$T/rcpts"
"$TOP/bench/gen.py" msg 4096 "$T/msg"
is "$(wc -c <"$T/msg")" 4096 "gen.py makes a message of the size asked for"

# --- the dialogue -----------------------------------------------------------

mkdir "$T/mail"
sink_start -C -R 50 -l "$T/log" -M "$T/mail"
body='Subject: x\r\nA: b\r\n\r\nline1\r\n..dotted\r\n...\r\nend\r\n'
# shellcheck disable=SC2059
printf "$body" | sed 's/^\.//' >"$T/want"
is "$(talk 'EHLO x\r\nQUIT\r\n')" '220 sink.bench.test ESMTP
250-sink.bench.test
250-PIPELINING
250-CHUNKING
250-LIMITS RCPTMAX=50
250-SIZE 104857600
250-ENHANCEDSTATUSCODES
250 8BITMIME
221 2.0.0 Bye' 'EHLO offers what the options ask for'
is "$(talk -1 "EHLO x\r\nMAIL FROM:<a@b> SIZE=9 BODY=8BITMIME\r
RCPT TO:<c@d>\r\nDATA\r\n$body.\r\nQUIT\r\n" | tail -5 | codes)" \
	'250 250 354 250 221 ' 'a message may come byte by byte'
ok 'it is stored as it was meant, dots undone' \
	cmp "$T/mail/000001.eml" "$T/want"
is "$(talk "MAIL FROM:<>\r\nRCPT TO:<e@f>\r\nBDAT 9\r\nSubject: BDAT 14 LAST\r
 x\r\n\r\n.dot\r\n\r\nQUIT\r\n" | codes)" '220 250 250 250 250 221 ' \
	'BDAT takes exactly its bytes'
printf 'Subject:  x\r\n\r\n.dot\r\n\r\n' >"$T/want2"
ok 'and leaves dots alone' cmp "$T/mail/000002.eml" "$T/want2"
is "$(talk "MAIL FROM:<a@b>\r\nRCPT TO:<i@j>\r\nDATA\r\n.\r\nBOGUS\r\nDATA\r
RCPT TO:<x@y>\r\nMAIL FROM:<a@b> RET=HDRS\r\nQUIT\r\n" | codes)" \
	'220 250 250 354 250 502 554 503 555 221 ' \
	'an empty message is taken, nonsense is not'
is "$(talk "MAIL FROM:<a@b>\r\nRCPT TO:<i@j>\r\nDATA\r\nS: a\n\rb\r\n.\r
QUIT\r\n" | codes)" '220 250 250 354 250 221 ' 'bare CR and LF are taken'
is "$(stat messages) $(stat rcpts) $(stat transactions) $(stat protoerr)" \
	'4 4 5 4' 'STATS counts'
is "$(stat bad_octets)" 2 'bare CR and LF are noticed'
ok 'so is a text that did not wait for its 354' test "$(stat early)" -gt 0
is "$(sed -n 's/^M 1 \([^ ]*\) .*/\1/p' "$T/log")" \
	"$(sed '1,/^\r$/d' "$T/want" | sha256sum | cut -d' ' -f1)" \
	'the log has the hash of what follows the header'
is "$(grep '^R' "$T/log" | tr '\n' ' ')" 'R c@d R e@f R i@j R i@j ' \
	'the log names the recipients'
like "$(ctl WAIT 4 10000)" '"rcpts":4,' 'WAIT ends when all are served'
like "$(ctl WAIT 9 50)" '"rcpts":4,' 'or when its time is over'
is "$(ctl RESET) $(stat rcpts) $(wc -c <"$T/log")" 'OK 0 0' 'RESET forgets'
stop
like "$(cat "$T/sink.out")" '"rcpts":0,' 'the counters are printed at the end'

# --- lsv-push and the checker -----------------------------------------------

mkdir "$T/spool"
sink_start -C -l "$T/log" -M "$T/mbox"
ok 'lsv-push pipelines' push -R 1000 -k 2
ok 'every recipient is found once' verify
is "$(grep -c '^From ' "$T/mbox") $(grep -c '^X-Envelope-To' "$T/mbox")" \
	'2 2000' 'a mbox keeps the mail'
push -R 1000 -k 2 >/dev/null
like "$(verify)" '"duplicated": 2000' \
	'and not when it is served twice'
for how in '-N -R 500' '-B -V -k 2' '-P -k 4' "-J $T/spool -R 700 -k 2" \
    "-J $T/spool -1 -B -R 90"; do
	ctl RESET >/dev/null
	# shellcheck disable=SC2086 # options
	push $how >"$T/out"
	ok "lsv-push $(echo "$how" | sed "s,$T/,,") serves each once" verify
done
is "$(ls "$T/spool")" message.0 'a spool is empty when all are served'
is "$(stat protoerr) $(stat early) $(stat bad_octets)" '0 0 0' \
	'lsv-push keeps to the protocol'
stop

# --- failures asked for -----------------------------------------------------

sink_start -f 0.1 -l "$T/log"
not_ok 'lsv-push says that some were refused' push -R 1000
refused=$(stat rcpts_perm)
ok 'a tenth is refused' test "$refused" -gt 140 -a "$refused" -lt 260
ok 'which the checker takes for settled' verify
stop
sink_start -t 1 -l "$T/log"
not_ok 'all fail the first time' push -R 2000
ok 'none the second time' push -R 2000
ok 'and each is served once' verify
is "$(grep -c '^T' "$T/log") $(stat rcpts)" '2000 2000' 'which is on record'
stop
sink_start -d 1
not_ok '451 after the final dot' push -R 1000
is "$(stat data_temp) $(stat rcpts)" '2 0' 'accepts nothing'
stop
sink_start -x 1
is "$(talk 'MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n' | tail -1)" \
	reset 'a cut is a reset without a reply'
stop
sink_start -m 50
not_ok 'too many recipients' push -R 60 -n 60
is "$(stat rcpts_temp) $(stat rcpts)" '10 50' '452 for those above the limit'
stop
sink_start -g '1*mail=421 4.3.2 bye' -g 'text=554 5.6.0 no' -g '1*ehlo=!'
is "$(talk 'EHLO a\r\n' | tail -1)" reset 'a scripted reset'
is "$(talk 'EHLO a\r\nMAIL FROM:<>\r\n' | tail -1)" '421 4.3.2 bye' \
	'a scripted 421 ends the connection'
is "$(talk 'MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\nQUIT\r\n' |
	codes)" '220 250 250 354 554 221 ' 'then our own replies, if so asked'
stop
sink_start -L 30000
start=$(date +%s%N)
talk 'EHLO a\r\nQUIT\r\n' >/dev/null
ok 'a delay is kept' test $((($(date +%s%N) - start) / 1000000)) -ge 60
greeted() {
	python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
sys.exit(not s.recv(100).startswith(b"220 "))' "$port"
}
ok 'a client that waits is greeted, too' greeted
stop

# --- TLS --------------------------------------------------------------------

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-subj /CN=localhost -days 2 -keyout "$T/key" -out "$T/cert" 2>"$T/req"
cat "$T/key" >>"$T/cert"
rm -f "$T/log"
sink_start -T "$T/cert" -C -l "$T/log"
like "$(talk 'EHLO a\r\nQUIT\r\n')" '^250-STARTTLS' 'STARTTLS is offered'
printf 'EHLO a\r\nSTARTTLS\r\nNOOP\r\n' |
	timeout 1 "$TOP/bench/talk.py" "$port" >"$T/said"
is "$(stat early)" 6 'what follows it in clear is counted'
# tls FORMAT - what the server answers inside TLS
tls() {
	# shellcheck disable=SC2059 # the format is what we are given
	printf "$1" | timeout 10 openssl s_client -starttls smtp -quiet \
		-connect "127.0.0.1:$port" 2>"$T/s_client" | tr -d '\r'
}
unlike "$(tls 'EHLO a\r\nQUIT\r\n')" STARTTLS 'and offered no more inside TLS'
is "$(tls 'MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT 6 LAST\r\nabcd\r\nQUIT\r\n' |
	tail -n 4 | codes)" '250 250 250 221 ' 'mail is taken inside TLS'
is "$(stat tls) $(stat rcpts)" '3 1' 'and counted'
stop

# --- a witness that is killed, and other addresses --------------------------

rm "$T/log"
sink_start -A -l "$T/log"
ok 'with -A' push -R 7 -k 2
kill -9 "$sink"
wait "$sink" 2>/dev/null
ok 'kill -9 loses nothing that had its 250' \
	"$TOP/bench/verify.py" "$T/rcpts" "$T/log"
sink_start -A -l "$T/log"
ok 'started again' push -R 7 -k 2
like "$(verify)" '"duplicated": 2000' \
	'it goes on with the same log'
stop
run lsv-sink -b 0.0.0.0 -p 0 -c -
is "$status" 100 'an address that is not loopback is refused'

# --- lsv-many ---------------------------------------------------------------

seq 20 >"$T/lines"
like "$(lsv-many -k 3 -a "$T/lines" -i /dev/null test 7 -ne)" \
	'"ok":19,"bad":1,"code":1' 'lsv-many tells who failed'
done_testing
