# shellcheck shell=sh disable=SC2034 # for the test
# cases.sh - what each relay of tests/interop is given, and what must arrive;
# read after tap.sh and tree.sh. A test says
#
#   relay_ports      $port in clear and with STARTTLS, $tls_port with TLS from
#                    the first byte, $auth_port with STARTTLS, where nothing is
#                    taken without $user and $password; $T/certs; $T/got for
#                    messages
#   interop_needs PATH WHAT   skips the whole file unless that is below
#                    build/interop
#   relay_run COMMAND...      in the background, until the test ends
#   relay_answers    exits 0 when all three ports are open
#   cases            all of it, one test each, after the relay is up, with
#                      $utf8   1: the relay offers SMTPUTF8
#                      $tls    0: its TLS works with nobody (default 1)
#                      $bytes  crlf: it keeps messages as they came; lf: as
#                              files of Unix
#                      bdat_seen N   a function: exits 0 when it took N messages
#                              by BDAT; not there: it does not offer that
#                      how_seen HOW  a function: exits 0 when a message came
#                              by tls, or by tls+auth; if the test has none of
#                              its own, as $T/got/envelopes says

. "$TOP/tests/lib/certs.sh"

interop=$TOP/build/interop
user=joe@example.com
password=correct-horse
domain=example.net

interop_needs() {
	[ -e "$interop/$1" ] ||
		skip_all "no $2 below build/interop (tests/interop/setup)"
}

relay_ports() {
	command -v openssl >/dev/null || skip_all 'no openssl'
	port=$(free_port)
	tls_port=$(free_port)
	auth_port=$(free_port)
	mkdir -p "$T/got"
	tree_make "$port"
	ok 'certificates are made' certs_make
	cp "$T/certs/ca.pem" "$LSV_ETC/ca.pem"
	printf 'relay %s %s\n' "$user" "$password" >"$LSV_ETC/auth"
	chmod 640 "$LSV_ETC/auth"
	! is_root || chgrp lsvsmtp "$LSV_ETC/auth"
}

# It ends with its standard input, or else is ended.
relay_run() {
	mkfifo "$T/relay.in"
	"$@" <"$T/relay.in" >"$T/relay.out" 2>&1 &
	relay_pid=$!
	exec 9>"$T/relay.in"
	at_exit "exec 9>&-; kill $relay_pid 2>/dev/null"
}

relay_answers() {
	python3 - "$port" "$tls_port" "$auth_port" <<-'X'
		import socket, sys
		for port in sys.argv[1:]:
		    socket.create_connection(("127.0.0.1", int(port)), 5).close()
	X
}

# relay_starts NAME - a test of that
relay_starts() {
	if wait_for 30 relay_answers; then
		pass "$1 starts"
	else
		fail "$1 starts"
		diag "$(cat "$T/relay.out" "$T/mta.out" 2>/dev/null | tail -n 20)"
		done_testing
	fi
}

how_seen() {
	grep -qF " $1 " "$T/got/envelopes"
}

# by PORT OPTIONS - deliver so
by() {
	tree_config RETRY_MAX=300ms SMTP_TIMEOUT=30s \
		"SMTP_FORWARD_1=localhost:$1;$2" &&
		lsv-service reload >/dev/null 2>&1
}

# arrived - the messages with the mark of the last letter
arrived() {
	mark=$(cat "$T/mark")
	grep -rlF --exclude='*.tmp' -e "$mark" "$T/got" 2>/dev/null
}

arrived_count() {
	arrived | wc -l
}

arrived_all() {
	[ "$(arrived_count)" -ge "$1" ]
}

# same - each message with the mark is what lsv-smtpw was to send, which it
# keeps; a relay may put fields of its own in front
same() {
	# shellcheck disable=SC2046 # a list of files
	python3 - "$(cat "$T/mark")" "$bytes" "$LSV_SPOOL" $(arrived) <<-'X'
		import pathlib, re, sys
		mark, form, spool, *got = sys.argv[1:]
		mark = mark.encode()
		sent = None
		for path in pathlib.Path(spool).rglob("*"):
		    if path.is_file() and path.parent.name != "score":
		        text = path.read_bytes()
		        if text.startswith(b"lsv-mail") and mark in text:
		            at = re.search(rb"\nend *\n", text).end()
		            n = re.search(rb"\nsize:? *([0-9]+)", text)
		            sent = text[at:at + int(n[1])]
		if sent is None:
		    sys.exit("what was sent is not kept")
		own = rb"(?:Return-Path|Received|Delivered-To|X-Original-To|" \
		    rb"Envelope-To|Delivery-Date|Authentication-Results):.*\n(?:[ \t].*\n)*"
		if form == "lf":
		    sent = sent.replace(b"\r\n", b"\n")
		if not got:
		    sys.exit("nothing arrived")
		for path in got:
		    text = pathlib.Path(path).read_bytes()
		    if not text.endswith(sent):
		        sys.exit("%s is not what was sent:\n%r\n%r" % (
		            path, text[-600:], sent[-600:]))
		    front = text[:len(text) - len(sent)]
		    if not re.fullmatch(rb"(?:%s)*" % own, front, re.I):
		        sys.exit("%s begins otherwise: %r" % (path, front))
	X
}

same_once() {
	same && [ "$(arrived_count)" = 1 ]
}

# give LIST [HEADER] - a letter, with the standard input behind its text; often
# at the end of a pipe, in a process of its own
give() {
	mark=$(date +%s%N)
	echo "$mark" >"$T/mark"
	{
		printf 'From: Joe <joe@example.com>\nTo: %s@%s\n' "$1" "$node"
		printf 'Subject: letter %s\nMessage-ID: <%s@example.com>\n' \
			"$mark" "$mark"
		printf '%s\n' "${2:-MIME-Version: 1.0}"
		printf '\nThis is letter %s.\n' "$mark"
		cat
	} | to "$1"
}

# delivers NAME - the last letter arrives as it was sent, and once
delivers() {
	if ! wait_for 15 arrived_all 1 || ! finished 15; then
		fail "$1"
		diag "$(log lsv-smtpw | tail -n 5)"
		return
	fi
	ok "$1" same_once
}

text_7bit() {
	printf 'plain text\n\n\tTab and blanks   \n%0990d\n' 7
}

text_8bit() {
	printf 'caf\303\251 \346 \377\376\200\n\303\251\n'
}

text_dots() {
	printf '.\n..\n...three\n.x\n\n.\n\n'
}

in_clear() {
	by "$port" TLS=none
	text_7bit | give crew
	delivers 'plain: arrives as it was sent'
}

# What is tried, and fails, costs no mail.
without_tls() {
	by "$port" TLS=may
	text_7bit | give crew
	delivers 'STARTTLS that fails: arrives in clear as it was sent'
	like "$(log lsv-smtpw)" 'tls-failed .*why="TLS: ' \
		'STARTTLS that fails: the log says why'
	by "$port" TLS=none
}

over_tls() {
	by "$port" TLS=verify
	text_7bit | give crew
	delivers 'STARTTLS: arrives as it was sent'
	ok 'STARTTLS: was used' how_seen tls
	by "$tls_port" TLS=implicit
	text_7bit | give crew
	delivers 'TLS from the first byte: arrives as it was sent'
	by "$auth_port" 'TLS=verify;AUTH=relay'
	text_7bit | give crew
	delivers 'AUTH: arrives as it was sent'
	ok 'AUTH: was used' how_seen tls+auth
	by "$port" TLS=verify
}

# The report to the owner of the list, which has a part of the letter.
lacks_utf8() {
	arrived | xargs grep -l '^Status: 5[.]6[.]9'
}

mails() {
	text_8bit | give crew \
		'Content-Type: text/plain; charset=iso-8859-1
MIME-Version: 1.0
Content-Transfer-Encoding: 8bit'
	delivers '8-bit: arrives as it was sent'
	text_dots | give crew
	delivers 'lines with dots: arrive as they were sent'
	printf 'gr\303\274n\n' |
		give crew "$(printf 'X-Colour: gr\303\274n')"
	if [ "$utf8" = 1 ]; then
		delivers 'SMTPUTF8: arrives as it was sent'
	else
		ok 'SMTPUTF8, not offered: fails with 5.6.9' \
			wait_for 20 lacks_utf8
		is "$(arrived_count)" 1 'SMTPUTF8, not offered: only a report'
	fi
}

huge_line() {
	head -c 1048576 /dev/zero | tr '\0' x | give crew
}

huge() {
	huge_line 2>"$T/huge.err"
	is "$?" 65 'a line of 1 MiB: is refused'
	is "$(arrived_count)" 0 'a line of 1 MiB: nothing arrives'
}

# Enough at a time that the host is asked about BDAT, and proves itself.
burst() {
	for _ in $(seq 20); do
		text_dots | give crew
	done
	finished 60 && wait_for 15 arrived_all 1
}

chunks() {
	ok 'BDAT: many messages at a time arrive' burst
	ok 'BDAT: was used' bdat_seen 1
	ok 'BDAT: arrives as it was sent' same
	is "$(arrived_count)" 1 'BDAT: arrives once'
}

cases() {
	with crew a
	ok 'the services start' tree_up
	in_clear
	if [ "${tls:-1}" = 1 ]; then
		over_tls
	else
		without_tls
	fi
	mails
	huge
	! command -v bdat_seen >/dev/null || chunks
	unlike "$(log lsv-smtpw)" "$password" 'no log has a password'
}
