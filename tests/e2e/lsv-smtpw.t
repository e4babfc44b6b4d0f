#!/bin/sh
# lsv-smtpw against relays that do what relays do: nothing is lost, nothing is
# sent twice but where SMTP cannot tell, and nothing is given up without reason.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

# last_done - what lsv-route said of the job that was over last, its reports
# left out
last_done() {
	log lsv-route | grep '[.][0-9a-f]\{10\} done ' | tail -n 1 |
		grep -o 'rcpts=.*'
}

# reports LIST - the names of the reports about its postings that came in
reports() {
	grep -l "^To: owner-$1@" /dev/null "$T"/saved/*.eml 2>/dev/null
}

# report LIST - the one report, CRs taken out. It goes to the envelope sender,
# and so comes back to the list as a bounce.
report() {
	wait_for 10 reports "$1"
	[ "$(reports "$1" | wc -l)" = 1 ] || echo "not one report"
	tr -d '\r' <"$(reports "$1" | tail -n 1)"
}

# of_list NAME - who got its postings
of_list() {
	taken "owner-$1@$node" | tr '\n' ' '
}

# refreshed OPTION... - another host, which starts with nothing taken
refreshed() {
	host_end
	rm -rf "$T/taken" "$T/trace" "$T/saved"
	host "$@"
}

port=$(free_port)
tree_make "$port" RETRY_MAX=300ms
with crew a b c d
ok 'the services start' tree_up

# --- a relay that is not there -----------------------------------------------

host --refuse
letter 'nobody listens' | to crew
down() {
	log lsv-smtpw | grep -q 'host-down .*refused'
}
ok 'a relay that is down is noticed' wait_for 10 down
kill -USR1 "$host_pid"
ok 'mail leaves when it is up' finished
is "$(of_list crew)" 'a@example.net b@example.net c@example.net d@example.net ' \
	'to all'

# --- replies to single recipients --------------------------------------------

with mixed good.1 r550.1 once450.1 once451.2 r553.2 good.2
letter 'mixed replies' >"$T/m"
to mixed <"$T/m"
ok 'a list with good, bad and late recipients' finished
is "$(last_done)" 'rcpts=6 delivered=4 failed=2' 'four get it, two fail'
is "$(of_list mixed | sed 's/@example[.]net//g')" \
	'good.1 good.2 once450.1 once451.2 ' 'each exactly once'
report mixed >"$T/report"
report=$(cat "$T/report")
is "$(taken '<>')" "owner-mixed@$node" 'one report goes to the envelope sender'
is "$(sed -n 's/^Final-Recipient: rfc822; //p' "$T/report" | tr '\n' ' ')" \
	'r550.1@example.net r553.2@example.net ' 'for exactly those that failed'
is "$(grep -c '^Action: failed' "$T/report")" 2 'as failed'
like "$report" '^Status: 5\.1\.1' 'with the status'
like "$report" '^Diagnostic-Code: smtp; *550 5\.1\.1 as asked for' \
	'and the words of the relay'
like "$report" 'report-type="?delivery-status' 'in the form of RFC 3464'
like "$report" '^Subject: letter mixed replies' 'with the header of the message'

# --- refusals of a whole message ---------------------------------------------

refusal() {
	with "$1" "$2"
	letter "$1" | to "$1"
	ok "$3" finished
	is "$(last_done)" 'rcpts=1 delivered=0 failed=1' "$3: it failed"
	like "$(report "$1")" "^Diagnostic-Code: smtp; *$4" "$3: and is reported"
}
refusal data5 d554 '5xx to DATA' '554 5\.3\.0 as asked for'
refusal dot5 e552 '5xx to the dot' '552 5\.3\.0 as asked for'
refusal binary dot-binary 'all 256 bytes in a refusal' '550 5\.1\.1'
refusal multi dot-multi 'a refusal of 20 lines' '550 5\.1\.1 line'
refreshed --on 'mail:1=550 5.7.1 go away'
with mail5 a
letter mail5 | to mail5
ok '5xx to MAIL' finished
like "$(report mail5)" '^Diagnostic-Code: smtp; *550 5\.7\.1 go away' 'is reported'
is "$(taken)" "owner-mail5@$node" 'and was not sent to its recipient'

refreshed --on 'connect:1=554 5.3.2 no' --on 'ehlo:1=554 no' --on 'helo:1=554 no'
letter 'greeted with 554' | to crew
ok '554 as a greeting' finished
is "$(last_done)" 'rcpts=4 delivered=4 failed=0' 'is no fault of the mail'

# --- how many recipients, and what is offered --------------------------------

refreshed --rcpt-limit 3
with ten 1 2 3 4 5 6 7 8 9 10
letter 'to ten' | to ten
ok '452 4.5.3 after three recipients' finished
is "$(of_list ten | wc -w)" 10 'all ten get it'
is "$(of_list ten | tr ' ' '\n' | sort -u | grep -c @)" 10 'once'
is "$(log lsv-smtpw | grep -c 'deferred rcpts=10')" 0 'without a delay'

for offer in --no-pipelining --no-esmtp --no-enhanced; do
	refreshed $offer
	letter "with $offer" | to ten
	ok "a relay with $offer" finished
	is "$(of_list ten | wc -w)" 10 'all ten get it'
done

# The body as it stands on the wire.
refreshed
python3 - "$T/odd" <<-'X'
	import sys
	with open(sys.argv[1], "wb") as f:
	    f.write(b"From: joe@example.com\nSubject: odd\n\n.\n..\n.x\nFrom \n"
	            b"bare\rCR, CR LF\r\n caf\351 \303\251\n\t\n" + b"l" * 998
	            + b"\n\r\n.\r\nno end")
X
with one a
to one <"$T/odd"
ok 'dots, 8-bit, bare CR and bare LF' finished
python3 - "$T/odd" "$T/saved/1.eml" >"$T/same" <<-'X'
	import sys
	sent = open(sys.argv[1], "rb").read().partition(b"\n\n")[2]
	got = open(sys.argv[2], "rb").read().partition(b"\r\n\r\n")[2]
	sent = sent.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
	print(sent.replace(b"\n", b"\r\n") + b"\r\n" == got or got)
X
is "$(cat "$T/same")" True 'arrive as lines, and nothing else is changed'

refreshed --no-8bitmime
{
	letter '8-bit'
	printf 'caf\351\n'
} | to one
ok '8-bit for a relay without 8BITMIME' finished
like "$(report one)" '^Status: 5\.6\.3' 'is reported, not mangled'
refreshed --size 9000
{
	letter 'too large'
	yes 'This line has forty bytes, all in all.' | head -n 300
} | to one
ok 'a message over SIZE' finished
like "$(report one)" '^Status: 5\.3\.4' 'is reported'
is "$(taken)" "owner-one@$node" 'and was not tried'

# --- taken, but the answer is lost -------------------------------------------

refreshed
for what in reset close silent; do
	with "lost$what" "dot1-accept-$what.1" good.2
	letter "$what" | to "lost$what"
	ok "taken, then $what in place of an answer" finished
	is "$(last_done)" 'rcpts=2 delivered=2 failed=0' "$what: it is delivered"
	is "$(of_list "lost$what" | wc -w)" 4 "$what: repeated exactly once"
done
is "$(cut -f 1,5 "$T/taken" | sort -u | wc -l)" 3 \
	'a repeat has the Message-ID of the first'

# --- killed and told to read its configuration again -------------------------

refreshed --delay 20
with many $(seq 1 200)
for i in 1 2 3 4 5; do
	letter "killed $i" | to many
done
workers() {
	pgrep -P "$(smtpw_pid)"
}
tree_config RETRY_MAX=300ms MAXBSMTP=7 "SMTP_FORWARD_1=3*127.0.0.1:$port"
ok 'a reload while mail flows' lsv-service reload
for i in 1 2 3 4 5 6; do
	sleep 0.3
	# shellcheck disable=SC2046 # process numbers
	kill -9 $(workers | head -n 2) 2>/dev/null
	[ $((i % 3)) != 0 ] || kill -9 "$(smtpw_pid)"
done
ok 'workers and their parent are killed again and again' finished 25
is "$(taken "owner-many@$node" | sort -u | wc -l)" 200 'all get their mail'
is "$(cut -f 2,5 "$T/taken" | sort -u | wc -l)" $((5 * 200)) \
	'each posting'
repeats=$(($(wc -l <"$T/taken") - 5 * 200))
diag "$repeats of $(wc -l <"$T/taken") were repeated"
ok 'at most two transactions of 7 for each kill are repeated' \
	test $repeats -le $((18 * 2 * 7))
host_end
is "$(cat "$T/host.err")" '' 'no relay saw a broken rule'

# --- files of a worker that died before it could move them -------------------

# delivered FILE... - files of one recipient each that has his mail, in now/ at once
delivered() {
	for delivered; do
		echo "D 0-0 250 2.0.0 $(date +%s)000000 127.0.0.1:25 Ok" |
			"$LSV_BUILD/tests/lib/mkmail" "$T/site/$delivered" \
				crew "owner-crew@$node" a@example.net
		chmod 660 "$T/site/$delivered"
		! is_root || chown lsvroute:lsvjob "$T/site/$delivered"
	done
	for delivered; do
		mv "$T/site/$delivered" "$LSV_SPOOL/pool/default/now/"
	done
	printf . >"$LSV_SPOOL/pool/trigger"
}

none_waits() {
	[ "$(find "$LSV_SPOOL/pool/default/now" -type f | wc -l)" = 0 ]
}

host --delay 0
letter 'so that there is a connection' | to crew
finished 15
# shellcheck disable=SC2046 # names
delivered $(seq -f '0647c1a2b3d4e.9f02c4d1%02.0f' 10 29)
# an idle worker looks unasked after five seconds: this has to be sooner
ok 'twenty of them go home at once, two at a time' wait_for 2 none_waits
host_end

# --- what it cannot work with ------------------------------------------------

lsv-service down 2>/dev/null
own() {
	tree_as lsvsmtp timeout 10 lsv-smtpw
}
mv "$LSV_SPOOL/pool/C/later" "$LSV_SPOOL/pool/C/gone"
run own
is "$status" 111 'without one of its directories: exit 111'
like "$(cat "$T/err")" 'lsv-smtpw: fatal: .*No such file' 'and says so'
mv "$LSV_SPOOL/pool/C/gone" "$LSV_SPOOL/pool/C/later"
chmod 0 "$LSV_SPOOL/pool"
! is_root || chown root "$LSV_SPOOL/pool"
run own
is "$status" 111 'with a directory that it may not read: exit 111'
like "$(cat "$T/err")" 'lsv-smtpw: fatal: .*pool.*Permission denied' \
	'and says which'
chmod 2750 "$LSV_SPOOL/pool"
! is_root || chown lsvroute:lsvjob "$LSV_SPOOL/pool"
mv "$LSV_ETC/site.cdb" "$T/site.cdb"
run own
is "$status" 100 'without a configuration: exit 100'
like "$(cat "$T/err")" 'lsv-config apply' 'and says what to do'
done_testing
