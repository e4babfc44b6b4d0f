#!/bin/sh
# lsv-lmtp: what an MTA may say to it, and what comes of it in the spool
#
# Only s6-ipcserver runs, on a spool where all files belong to one user (see
# lsv-inject.t).
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
mkdir -p "$LSV_ETC" "$LSV_LIB/lists" "$LSV_SPOOL/score/tmp" \
	"$LSV_SPOOL/score/new" "$LSV_RUN/lmtp"
mkfifo "$LSV_SPOOL/score/trigger"
new=$LSV_SPOOL/score/new
tmp=$LSV_SPOOL/score/tmp
socket=$LSV_RUN/lmtp/socket

cat >"$T/talk.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
s.connect(sys.argv[1])
try:
    s.sendall(sys.stdin.buffer.read())
except BrokenPipeError:
    pass  # it has said what it has to say
if "-w" in sys.argv:
    open(sys.argv[3]).read()
s.shutdown(socket.SHUT_WR)
got = b""
while part := s.recv(65536):
    got += part
sys.stdout.buffer.write(got.replace(b"\r\n", b"\n"))
END

talk() {
	python3 "$T/talk.py" "$socket" "$@"
}

# Each line of standard input is sent once the one before was answered; one that
# begins with ! is a command for the shell.
cat >"$T/stay.py" <<'END'
import re, socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
s.connect(sys.argv[1])
got, body = "", False
def answer():
    global got
    start = len(got)
    while not re.search(r"(?m)^\d{3} .*\r\n\Z", got[start:]):
        got += s.recv(65536).decode() or sys.exit("gone")
answer()
for line in sys.stdin.read().splitlines():
    if line.startswith("!"):
        subprocess.run(line[1:], shell=True, check=True)
    else:
        s.sendall(line.encode() + b"\r\n")
        body = body and line != "." or line == "DATA"
        if not body or line == "DATA":
            answer()
sys.stdout.write(got.replace("\r\n", "\n"))
END

crlf() {
	sed 's/$/\r/'
}

begin() {
	printf 'LHLO mta\r\nMAIL FROM:<joe@example.com>\r\n'
	for rcpt; do
		printf 'RCPT TO:<%s>\r\n' "$rcpt"
	done
	printf 'DATA\r\n'
}

# give RECIPIENT... <MESSAGE - a transaction; the message with CRLF as it is
give() {
	{
		begin "$@"
		cat
		printf '.\r\nQUIT\r\n'
	} >"$T/sent"
	talk <"$T/sent" >"$T/got"
}

verdicts() {
	sed '1,/^354/d; /^221/d' "$T/got"
}

message() {
	printf 'Subject: a test\r\nFrom: joe@example.com\r\n\r\nhello\r\n'
}

body() {
	sed '1,/^end$/d' "$1"
}

value() {
	sed -n "/^end\$/q;s/^$1: //p" "$2"
}

files() {
	find "$1" -type f | wc -l
}

left() {
	echo "$(files "$new") $(files "$tmp")"
}

empty() {
	[ "$(left)" = '0 0' ]
}

clear_new() {
	find "$new" -type f -delete
}

site() {
	printf '%s\n' NODE=lists.example.org POSTMASTER=ann@example.net \
		'LOCAL=*.example.org' SMTP_FORWARD=127.0.0.1 "SIZELIM=$1" \
		>"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
}

# --- before anything is set up -----------------------------------------------

s6-ipcserver -c 64 "$socket" lsv-lmtp 2>"$T/log" &
server=$!
at_exit "kill -QUIT $server"
ok 'the server listens' wait_for 10 test -S "$socket"
like "$(talk </dev/null)" '^421 4\.3\.5 no site configuration' \
	'without a configuration the MTA is told to try again'
site 64M
mv "$LSV_SPOOL/score" "$LSV_SPOOL/away"
like "$(talk </dev/null)" '^421 4\.3\.0 unable to open the spool' \
	'so it is without a spool'
mv "$LSV_SPOOL/away" "$LSV_SPOOL/score"
message | give test@lists.example.org
like "$(cat "$T/got")" '^451 4\.3\.5 no table of lists' \
	'without a table of lists a recipient is deferred'
lsv-list create TEST --owner ann@example.net 2>"$T/err"
lsv-list create OTHER --owner ann@example.net 2>"$T/err"
printf '* Small\n* Owner= ann@example.net\n* Sizelim= 2K\n' >"$T/small"
lsv-list create SMALL --header "$T/small" 2>"$T/err"
printf '* Closed\n* Owner= ann@example.net\n* Send= Closed\n' >"$T/closed"
lsv-list create CLOSED --header "$T/closed" 2>"$T/err"

# --- a good message ----------------------------------------------------------

message | give test@lists.example.org
is "$(left)" '1 0' 'a good message is one file in new/'
file=$(find "$new" -type f)
is "$(verdicts)" "250 2.0.0 taken as ${file##*/}" 'the reply names it'
is "$(value class "$file") $(value list "$file") $(value from "$file")" \
	'post TEST joe@example.com' 'its head is that of a posting'
is "$(value size "$file")" 00000000000000000045 'its size is right'
clear_new
{
	message
	printf '..\r\n...\r\n..x\r\nFrom here\r\ncaf\351\r\n\r\n'
} | give test@lists.example.org
body "$new"/* >"$T/body"
clear_new
{
	message
	printf '.\r\n..\r\n.x\r\nFrom here\r\ncaf\351\r\n\r\n'
} | tr -d '\r' >"$T/want"
ok 'dots are undone, and nothing else is changed' cmp "$T/want" "$T/body"
lsv-inject -f joe@example.com test@lists.example.org <"$T/want"
body "$new"/* >"$T/injected"
ok 'it is what lsv-inject stores' cmp "$T/injected" "$T/body"
clear_new

# --- several recipients ------------------------------------------------------

{
	message
	yes "$(printf '%0990d' 0)" | head -n 2000 | crlf
} >"$T/big"
give small@lists.example.org test@lists.example.org \
	nope@lists.example.org closed@lists.example.org \
	owner-small@lists.example.org test@example.net \
	other-request@lists.example.org <"$T/big"
is "$(sed -n 's/^\(550 5[.0-9]*\).*/\1/p' "$T/got" | tr '\n' ' ')" \
	'550 5.1.1 550 5.7.1 550 5.1.2 ' 'recipients are refused one by one'
is "$(verdicts | cut -c 1-9 | tr '\n' ' ')" \
	'552 5.3.4 250 2.0.0 250 2.0.0 250 2.0.0 ' \
	'the others have their own verdicts, in their order'
is "$(cat "$new"/* | sed -n 's/^to: //p' | sort | cut -d @ -f 1 |
	tr '\n' ' ')" 'other-request owner-small test ' 'and their own files'
tr -d '\r' <"$T/big" >"$T/want"
for file in "$new"/*; do
	body "$file" >"$T/body"
	ok 'each with the whole message' cmp "$T/want" "$T/body"
done
is "$(files "$tmp")" 0 'nothing is left in tmp/'
clear_new

yes test@lists.example.org | head -n 101 >"$T/rcpts"
# shellcheck disable=SC2046 # addresses without blanks
message | give $(cat "$T/rcpts")
is "$(sed '/^354/q' "$T/got" | grep -c '^250 2\.1\.5') $(grep '^4' "$T/got")" \
	'100 452 4.5.3 too many recipients' \
	'a transaction has 100 recipients; one more has to come again'
is "$(verdicts | grep -c '^250 2\.0\.0 taken') $(left)" '100 100 0' \
	'each of them has its reply and its file'
clear_new

# --- what is refused ---------------------------------------------------------

# refused WANT NAME <MESSAGE
refused() {
	give test@lists.example.org
	like "$(verdicts)" "^$1" "$2"
	is "$(verdicts | wc -l)" 1 "$2: one reply"
	ok "$2: no file is left" empty
}

{
	message
	printf 'one\n.\nMAIL FROM:<evil@example.com>\r\n\n.\r\n\r\n'
} >"$T/in"
refused '554 5\.6\.0 the message has a LF without CR' 'a bare LF' <"$T/in"
{
	message
	printf 'one\r.\r\rtwo\r\n'
} >"$T/in"
refused '554 5\.6\.0 the message has a CR without LF' 'a bare CR' <"$T/in"
{
	message
	printf 'a\0b\r\n'
} >"$T/in"
refused '554 5\.6\.0 the message holds a NUL' 'a NUL' <"$T/in"
{
	message
	head -c 70000 /dev/zero | tr '\0' x
	printf '\r\n'
} >"$T/in"
refused '554 5\.6\.0 the message has a line over 64 KiB' 'a long line' <"$T/in"
printf 'no header\r\n' >"$T/in"
refused '554 5\.6\.0' 'no header' <"$T/in"
refused '554 5\.6\.0 the message is empty' 'an empty message' </dev/null
site 1M
refused '552 5\.3\.4 .* more than 1048576 bytes' 'over SIZELIM' <"$T/big"

# --- commands ----------------------------------------------------------------

is "$(printf '%s\n' 'EHLO x' 'HELO x' 'MAIL FROM:<a@b>' LHLO NOOP 'LHLO x' \
	VRFY 'MAIL FROM:<a@b> SIZE=99999999' 'MAIL FROM:<> BODY=8BITMIME' \
	DATA 'RCPT TO:<@x:test@lists.example.org>' RSET QUIT | crlf | talk |
	cut -c 1-9 | tr '\n' ' ')" \
	'220 lists 500 5.5.1 500 5.5.1 503 5.5.1 501 5.5.4 250 2.0.0 250-lists 250-PIPEL 250-ENHAN 250-8BITM 250-SMTPU 250 SIZE  252 2.5.2 552 5.3.4 250 2.1.0 503 5.5.1 250 2.1.5 250 2.0.0 221 2.0.0 ' \
	'each command has its reply'

# --- what changes while a connection lasts ------------------------------------

python3 "$T/stay.py" "$socket" >"$T/got" 2>"$T/err" <<END
LHLO x
MAIL FROM:<a@b> SIZE=200000
RCPT TO:<late@lists.example.org>
! lsv-list create LATE --owner ann@example.net 2>"$T/config"
RCPT TO:<late@lists.example.org>
RSET
! sed -i s/^SIZELIM=.*/SIZELIM=100K/ "$LSV_ETC/site.cfg"
! lsv-config apply >"$T/config" 2>&1
MAIL FROM:<a@b> SIZE=200000
MAIL FROM:<a@b> SIZE=100000
! mv "$LSV_LIB/lists/lists.cdb" "$LSV_LIB/lists/away"
RCPT TO:<late@lists.example.org>
! mv "$LSV_LIB/lists/away" "$LSV_LIB/lists/lists.cdb"
RCPT TO:<late@lists.example.org>
DATA
A: b
! lsv-list delete LATE >"$T/config" 2>&1
.
QUIT
END
is "$(sed '1,/^250 SIZE/d' "$T/got" | cut -c 1-9 | tr '\n' ' ')" \
	'250 2.1.0 550 5.1.1 250 2.1.5 250 2.0.0 552 5.3.4 250 2.1.0 451 4.3.5 250 2.1.5 354 end w 250 2.0.0 221 2.0.0 ' \
	'lists, limits and trouble of now count, not those of the greeting'
is "$(left)" '1 0' 'what was promised to a list that is gone is taken'
clear_new
site 1M

# --- connections that end ----------------------------------------------------

{
	begin test@lists.example.org
	head -c 900000 "$T/big"
} >"$T/half"
talk <"$T/half" >"$T/got"
ok 'a connection that is lost in a message leaves nothing' wait_for 5 empty

one_in_tmp() {
	[ "$(files "$tmp")" = 1 ]
}

alone() {
	! pgrep -P "$server" >/dev/null
}

# lost SIGNAL - while a message comes in
lost() {
	mkfifo "$T/hold"
	talk -w "$T/hold" <"$T/half" >"$T/got" 2>&1 &
	talker=$!
	wait_for 10 one_in_tmp
	kill "-$1" "$(pgrep -P "$server")"
	wait_for 10 alone # before the client ends it
	: >"$T/hold"
	wait "$talker"
	rm "$T/hold"
}

lost TERM
like "$(cat "$T/got")" '^421 4\.3\.2' 'asked to end, it tells the MTA'
ok 'and leaves nothing' empty
lost KILL
unlike "$(cat "$T/got")" 'taken as' 'killed, it says nothing'
is "$(left)" '0 1' 'nothing is in new/'
lsv-spool make 2>"$T/err"
find "$tmp" -type f -exec touch -d '37 hours ago' {} +
run lsv-spool repair
is "$(left)" '0 0' 'what is left in tmp/ is swept when it is old'
message | give test@lists.example.org
is "$(left)" '1 0' 'the second try is there once'
clear_new

# --- eight at once -----------------------------------------------------------

yes test@lists.example.org | head -n 200 >"$T/rcpts"
message >"$T/m"
for r in 1 8; do
	ok "eight connections, 200 recipients, $r a transaction" \
		"$LSV_BUILD/bench/lsv-push" -u "$socket" -R $r -k 8 \
		-r "$T/rcpts" -m "$T/m"
	is "$(left)" '200 0' 'all are there'
	clear_new
done

# --- a full spool ------------------------------------------------------------

cat >"$T/full.sh" <<'END'
mount -t tmpfs -o size=4m none "$LSV_SPOOL" || exit 99
mkdir -p "$LSV_SPOOL/score/tmp" "$LSV_SPOOL/score/new"
head -c "$1" /dev/zero >"$LSV_SPOOL/x" 2>/dev/null
exec unshare -U --map-user=1000 --map-group=1000 lsv-lmtp <"$2" 2>&1
END
message | give test@lists.example.org
clear_new
like "$(unshare -rm sh "$T/full.sh" 4080000 "$T/sent")" '^452 4\.3\.1 ' \
	'a spool that is almost full takes nothing'
like "$(unshare -rm sh "$T/full.sh" 100000 "$T/sent")" '^250 2\.0\.0 taken' \
	'one with room does'
like "$(cat "$T/log")" '- connection taken=[0-9]+ refused=' 'the log has counts'
like "$(cat "$T/log")" '- deferred .*why="4\.3\.5' 'and our own trouble'
run lsv-lmtp x
is "$status" 100 'an argument is a mistake'
done_testing
