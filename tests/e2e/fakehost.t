#!/bin/sh
# The scriptable host that other tests deliver to: does it do as it is told?
. "$(dirname "$0")/../lib/tap.sh"

fake=$TOP/tests/lib/fakehost.py

# host OPTION... - starts one; its port is in $port
host() {
	rm -f "$T/port"
	"$fake" --port-file "$T/port" --log "$T/log" "$@" \
		>"$T/host.out" 2>"$T/host.err" &
	host_pid=$!
	wait_for 20 test -s "$T/port" || fail 'fakehost starts'
	port=$(cat "$T/port")
}

# gone - ends it; its sums are in $T/host.out, its exit status in $status
gone() {
	kill "$host_pid"
	wait "$host_pid"
	status=$?
}
stop() {
	kill "$host_pid" 2>/dev/null
}
at_exit stop

# say TEXT... - a client that sends each text and waits for one reply after
# each but "+text", which has none; prints the codes
say() {
	python3 - "$port" "$@" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
f = s.makefile("rb")
codes = []
def reply():
    try:
        while (line := f.readline()) and line[3:4] == b"-":
            pass
        codes.append(line[:3].decode("latin-1") or "eof")
    except OSError:
        codes.append("rst")
reply()
for text in sys.argv[2:]:
    try:
        s.sendall(text.lstrip("+").encode().decode("unicode_escape").encode())
    except OSError:
        pass
    if not text.startswith("+"):
        reply()
print(*codes)
END
}
talk() {
	say 'EHLO me\r\n' 'MAIL FROM:<s@x>\r\n' "$@"
}

host
is "$(talk 'RCPT TO:<a@x>\r\n' 'RCPT TO:<b@x>\r\n' 'DATA\r\n' \
	'Message-ID: <7@x>\r\n\r\n..dot\r\n.\r\n' 'QUIT\r\n')" \
	'220 250 250 250 250 354 250 221' 'takes a message'
sum=$(printf 'Message-ID: <7@x>\r\n\r\n.dot\r\n' | sha256sum | cut -c1-64)
is "$(cat "$T/log")" "$(printf 's@x\t%s@x\t%s\t27\t<7@x>\n' \
	a "$sum" b "$sum")" 'logs every recipient, dots undone'
is "$(talk 'RCPT TO:<r550@x>\r\n' 'RCPT TO:<once450+x@x>\r\n' \
	'RCPT TO:<once450+x@x>\r\n' 'RCPT TO:<d451.y@x>\r\n' 'DATA\r\n')" \
	'220 250 250 550 450 250 250 451' 'answers by local part'
is "$(talk 'RCPT TO:<dot1-reset@x>\r\n' 'DATA\r\n' '.\r\n')" \
	'220 250 250 250 354 rst' 'resets after the dot'
is "$(talk 'RCPT TO:<dot1-reset@x>\r\n' 'DATA\r\n' '.\r\n')" \
	'220 250 250 250 354 250' 'but once only when told so'
is "$(talk 'RCPT TO:<dot-accept-close@x>\r\n' 'DATA\r\n' '.\r\n')" \
	'220 250 250 250 354 eof' 'closes after the dot'
is "$(wc -l <"$T/log")" 4 'having accepted only what it was told to'
gone
is "$status" 0 'exits 0'
is "$(tail -n 1 "$T/host.out")" \
	'connections 5 transactions 3 recipients 4 violations 0' 'sums up'
is "$(head -n 1 "$T/host.out")" "$port" 'prints its port'

host --no-pipelining
say 'EHLO me\r\n' '+MAIL FROM:<s@x> SIZE=3\r\nRCPT TO:<a@x>\r\n' >/dev/null
say 'EHLO me\r\n' 'MAIL FROM:<s@x>\r\n' 'RCPT TO:<a@x>\r\n' 'DATA\r\n' \
	'a\nb\r\n.c\r\n.\r\n' >/dev/null
gone
is "$status" 1 'exits 1 when the client broke a rule'
like "$(cat "$T/host.err")" 'pipelined, not offered' 'notices pipelining'
like "$(cat "$T/host.err")" 'SIZE=3.* not offered' 'notices parameters'
like "$(cat "$T/host.err")" 'bare CR, LF or NUL' 'notices bare line ends'
like "$(cat "$T/host.err")" 'dot that was not doubled' 'notices dots'

host --refuse
not_ok 'refuses connections' say
kill -USR1 "$host_pid"
ok 'until it is told otherwise' wait_for 10 say
gone

host --temporary 50 --rcpt-limit 2
codes=$(talk 'RCPT TO:<1@x>\r\n' 'RCPT TO:<1@x>\r\n' 'RCPT TO:<2@x>\r\n' \
	'RCPT TO:<2@x>\r\n' 'RCPT TO:<3@x>\r\n' 'RCPT TO:<3@x>\r\n')
like "$codes" '^220 250 250( 450)? 250 ' 'puts some recipients off once'
like "$codes" ' 452$' 'takes no more than it was told to'
gone
done_testing
