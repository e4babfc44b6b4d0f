#!/bin/sh
# Input that is bad, odd or as large as it may be, on a tree with all services:
# a clear word, nothing lost, and the next posting goes its way.
# (What lsv-inject, lsv-list and lsv-config refuse by themselves is in their own
# tests, what relays do is in lsv-smtpw.t and relays.t.)
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

sink=$LSV_BUILD/bench/lsv-sink
[ -x "$sink" ] || skip_all 'no lsv-sink (make helpers)'

mkdir "$T/mail"
"$sink" -p 0 -c - -P "$T/ports" -A -l "$T/sink.log" -M "$T/mail" \
	>"$T/sink.out" 2>&1 &
at_exit "kill $! 2>/dev/null"
wait_for 10 test -s "$T/ports"
read -r sink_port _ <"$T/ports"
tree_make "$sink_port" MAXBSMTP=1000 "SMTP_FORWARD_1=2*127.0.0.1:$sink_port"
list test 'Sizelim= 64M'
lsv-list add test one@example.net >"$T/added"
ok 'the services start' tree_up

# came N - so many recipients got something
came() {
	[ "$(grep -c '^R' "$T/sink.log")" = "$1" ]
}

# next - an ordinary posting goes its way: all is well
next() {
	letter "${1:-}" | to test
	ok 'then an ordinary posting is delivered' finished 15
	ok 'and all services are up' lsv-service status
}

last_mail() {
	find "$T/mail" -type f -printf '%T@ %p\n' | sort -n | tail -n 1 |
		cut -d ' ' -f 2-
}

# --- large messages ----------------------------------------------------------

{
	letter large
	yes "$(printf '%079d' 0)" | head -c 66000000
} >"$T/large"
ok 'a message of 63 MiB is taken' to test <"$T/large"
ok 'and delivered' finished 40
sed '1,/^$/d' "$T/large" | sha256sum >"$T/want"
sed '1,/^\r*$/d' "$(last_mail)" | tr -d '\r' | sha256sum >"$T/got"
ok 'to the byte' cmp "$T/want" "$T/got"
rm -f "$T/large" "$T"/mail/*

{
	i=0
	while [ $i -lt 155 ]; do
		printf 'X-Long-%d: %0980d\n' $i 0
		i=$((i + 1))
	done
	letter 'long header'
} >"$T/m"
ok 'a header of 150 KiB is taken' to test <"$T/m"
ok 'and delivered' finished
is "$(grep -c '^X-Long' "$(last_mail)")" 155 'whole'
{
	letter 'long lines'
	head -c 990 /dev/zero | tr '\0' y
	printf '\n.'
	head -c 990 /dev/zero | tr '\0' .
	printf '\nFrom here\n'
} >"$T/m"
ok 'lines as long as they may be' to test <"$T/m"
ok 'are delivered' finished
sed '1,/^$/d' "$T/m" >"$T/want"
sed '1,/^\r*$/d' "$(last_mail)" | tr -d '\r' >"$T/got"
ok 'to the byte' cmp "$T/want" "$T/got"

# --- 100,000 recipients, 3 of them bad ---------------------------------------

list huge
awk 'BEGIN {
	for (i = 1; i <= 100000; i++)
		print i == 7 ? "no at sign" : i == 50000 ? "a@b@c@" : \
		    i == 99999 ? "x@-bad-.example" : \
		    "u" i "@d" i % 500 ".example.org"
}' >"$T/addresses"
run lsv-list import huge "$T/addresses"
isnt "$status" 0 'three bad lines in 100,000 are no import'
for line in 7 50000 99999; do
	like "$(cat "$T/err")" "(^|[^0-9])$line:" "line $line is named"
done
like "$(lsv-list show huge)" '^subscribers: +0$' 'nothing is half imported'
run lsv-list import huge "$T/addresses" --skip-bad
is "$status" 0 'the others can be had'
: >"$T/sink.log"
letter huge | to huge
ok 'a posting to them' finished 40
is "$(grep '^R' "$T/sink.log" | sort -u | wc -l)" 99997 'reaches all others'
ok 'once' came 99997

# --- addresses that not every relay takes ------------------------------------

list odd
printf '%s\n' '"two words"@example.net' "o'neil+x/y@example.net" |
	lsv-list import odd >"$T/import" 2>&1
: >"$T/sink.log"
letter odd | to odd
ok 'odd addresses' finished
is "$(grep '^R' "$T/sink.log" | cut -d ' ' -f 2- | sort | tr '\n' '|')" \
	"\"two words\"@example.net|o'neil+x/y@example.net|" 'are kept as they are'

# --- what lies in the spool and should not -----------------------------------

junk=0647c1a2b3d4e.9f02c4d1a
tree_as lsvin sh -c "cd '$LSV_SPOOL/score/new' &&
	: >${junk}0 && echo nonsense >${junk}1 &&
	head -c 100000 /dev/urandom >${junk}2 && ln -s /etc/passwd ${junk}3 &&
	mkfifo ${junk}4 && mkdir ${junk}5 && echo x >no-id && echo x >.dot &&
	ln ${junk}1 ${junk}6"
next 'junk in score/new'
bad_has() {
	[ "$(find "$LSV_SPOOL/score/bad" -name "*.why" | wc -l)" -ge 3 ]
}
ok 'what is no message goes to bad/, with the reason' wait_for 10 bad_has
like "$(cat "$LSV_SPOOL/score/bad/${junk}1.why")" '[a-z]' 'which says something'
unlike "$(log lsv-score)" 'fatal:' 'lsv-score goes on'

tree_as lsvroute sh -c "cd '$LSV_SPOOL/pool/default/now' &&
	: >${junk}0 && head -c 100000 /dev/urandom >${junk}1 &&
	ln -s /etc/passwd ${junk}2 && mkdir ${junk}3 && echo x >no-id"
next 'junk in a pool'
held() {
	[ -e "$LSV_SPOOL/pool/default/held/${junk}1" ]
}
ok 'what is no mail file is held' wait_for 10 held
like "$(log lsv-smtpw)" "${junk}1 held why=" 'and logged'
unlike "$(log lsv-smtpw)" 'worker-died' 'no worker dies of it'

tree_as lsvroute sh -c "cd '$LSV_SPOOL/pool/finished' &&
	: >${junk}0 && head -c 100000 /dev/urandom >${junk}1 &&
	mkdir ${junk}2 && echo x >no-id &&
	mkdir '$LSV_SPOOL/jobs/${junk}7' && echo x >'$LSV_SPOOL/jobs/${junk}7/job'"
next 'junk in finished/ and jobs/'
ok 'what is no finished file goes to bad/' \
	wait_for 10 test -e "$LSV_SPOOL/route/bad/${junk}1"
lsv-service down 2>/dev/null
ok 'all that is no hindrance to a start' tree_up
next 'junk at the start'
unlike "$(log lsv-route)" 'fatal:' 'lsv-route goes on'

done_testing
