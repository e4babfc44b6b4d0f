#!/bin/sh
# Two Postfix instances of our own on loopback: one takes the mail for the lists
# and pipes it to lsv-inject, later hands it to lsv-lmtp; the other is the smart
# host and has the mailboxes.
# The system's Postfix, its files and its queue are not touched.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/postfix.sh"

postfix_needs

in_port=$(free_port)
out_port=$(free_port)

# --- two instances -----------------------------------------------------------

# common NAME - what both have in main.cf
common() {
	postfix_main "$1"
	echo 'mynetworks = 127.0.0.0/8'
	echo 'smtpd_relay_restrictions = permit_mynetworks, reject'
}

# section TITLE - of what lsv-list aliases says, for the file of that name
section() {
	awk -v title="$1" '/^# ---/ { on = index($0, title) > 0 } on' \
		"$T/aliases" | sed "s,/etc/postfix/,$T/in/etc/,g"
}

# make_in [--lmtp]
make_in() {
	postfix_make in
	lsv-list aliases postfix "$@" >"$T/aliases" || return 1
	{
		common in
		echo "mydestination = $node"
		echo "relayhost = [127.0.0.1]:$out_port"
		section main.cf
	} >"$T/in/etc/main.cf"
	{
		postfix_master "$in_port"
		section master.cf
	} >"$T/in/etc/master.cf"
	section /etc/postfix/lsv-verp >"$T/in/etc/lsv-verp"
	lsv-list aliases postfix --map "$@" >"$T/in/etc/lsv"
}

# The smart host has mailboxes for example.net and .com; it finds out only
# after it took a message that there is no mailbox of that name.
make_out() {
	postfix_make out
	{
		common out
		postfix_boxes out 'example.net, example.com'
		cat <<-X
			smtpd_reject_unlisted_recipient = no
			transport_maps = texthash:$T/out/etc/transport
			default_transport = error:no such domain here
		X
	} >"$T/out/etc/main.cf"
	postfix_master "$out_port" >"$T/out/etc/master.cf"
	echo "$node smtp:[127.0.0.1]:$in_port" >"$T/out/etc/transport"
	for user in ann@example.net joe@example.com keeper@example.net \
		$(members); do
		echo "$user ${user%@*}/"
	done >"$T/out/etc/mailboxes"
}

# --- what the tests do -------------------------------------------------------

members() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		echo "m$i@example.net"
	done
}

# send FROM TO - the message in $T/m by SMTP to the lists' Postfix
send() {
	sed 's/$/\r/' "$T/m" >"$T/wire"
	python3 - "$in_port" "$1" "$2" "$T/wire" <<-X
		import smtplib, sys
		with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=10) as s:
		    s.sendmail(*sys.argv[2:4], open(sys.argv[4], "rb").read())
	X
}

all_have() {
	for m in $(members); do
		has "${m%@*}" "$1" || return 1
	done
}

counts() {
	for m in $(members); do
		find "$mail/${m%@*}/new" -type f 2>/dev/null | wc -l
	done | sort -u | tr '\n' ' '
}

# newest USER - the message that came last
newest() {
	find "$mail/$1/new" -type f -printf '%T@ %p\n' | sort -n |
		tail -n 1 | cut -d ' ' -f 2-
}

body() {
	sed '1,/^$/d' "$1"
}

deferred() {
	postqueue -c "$T/in/etc" -j | grep -q '"queue_name": "deferred"'
}

queue_empty() {
	[ -z "$(postqueue -c "$T/$1/etc" -j)" ]
}

idle() {
	queue_empty in && queue_empty out
}

flush() {
	postfix -c "$T/in/etc" flush
}

# full REASON N - what Postfix says of mail for a full spool; it is the N-th
# posting that all members get, after that
full() {
	head -c 32m /dev/zero >"$LSV_SPOOL/filler" 2>/dev/null
	letter into a full spool >"$T/m"
	ok 'a full spool' send joe@example.com "test@$node"
	ok 'makes Postfix keep the mail' wait_for 10 deferred
	like "$(postqueue -c "$T/in/etc" -j)" "\"delay_reason\": $1" \
		'and show the reason'
	rm "$LSV_SPOOL/filler"
	flush
	ok 'then the mail is delivered' wait_for 20 all_have "$2"
}

# --- set up ------------------------------------------------------------------

# the spool has a file system of its own, so that it can be full
mkdir -p "$T/site/spool"
mount -t tmpfs -o size=24m tmpfs "$T/site/spool" ||
	skip_all 'root cannot mount here'
at_exit "umount '$T/site/spool'"
tree_make "$out_port"
list test
members | lsv-list import test >"$T/import"
list broken 'Errors-To= keeper@example.net'
lsv-list add broken ann@example.net
lsv-list add broken gone@example.net
list verp 'Misc-Options= VERP' 'Errors-To= keeper@example.net'
lsv-list add verp gone@example.net
ok 'two Postfix instances are configured' eval 'make_in && make_out'
ok 'the services start' tree_up
ok 'and both instances' eval 'postfix_start in && postfix_start out'

# --- a posting ---------------------------------------------------------------

{
	letter of many kinds
	printf '.\n..two\n.x\n\nFrom here\n\tTab \n\n%0500d\n' 7
	printf 'caf\303\251 \346\n\n'
} >"$T/m"
ok 'a posting is sent by SMTP' send joe@example.com "test@$node"
ok 'it arrives in all mailboxes' wait_for 20 all_have 1
got=$(newest m7)
body "$T/m" >"$T/body"
body "$got" >"$T/got"
ok 'its body is the same to the byte' cmp "$T/body" "$T/got"
sed '/^$/q' "$got" | sed -e :a -e '$!N;s/\n[ \t]/ /;ta' -e 'P;D' >"$T/header"
header=$(cat "$T/header")
like "$header" "^Return-Path: <owner-test@$node>" 'the envelope sender is owner-'
like "$header" "^List-Id: .*<test\.$node>" 'there is a List-Id'
like "$header" "^List-Post: <mailto:TEST@$node>" 'a List-Post'
like "$header" "^List-Unsubscribe: <mailto:" 'a List-Unsubscribe'
like "$header" '^List-Help: <' 'a List-Help'
like "$header" '^List-Owner: <' 'a List-Owner'
like "$header" '^From: Joe <joe@example.com>' 'the author is the same'
is "$(grep -ic '^message-id:' "$T/header")" 1 'there is one Message-ID'
like "$header" "^$(grep '^Message-ID:' "$T/m")" 'the one that was sent'
ok 'it is over' wait_for 10 over 1

# --- what is no list ---------------------------------------------------------

letter for nobody >"$T/m"
not_ok 'an unknown address is refused at RCPT' \
	send joe@example.com "nolist@$node"

# The table has the list, lsv does not have it any more.
list away
lsv-list aliases postfix --map >"$T/in/etc/lsv"
postfix -c "$T/in/etc" reload 2>/dev/null
lsv-list delete away
ok 'mail for a list that is gone' wait_for 5 send joe@example.com "away@$node"
ok 'comes back to its sender' wait_for 10 has joe 1
bounce=$(cat "$(newest joe)")
like "$bounce" '^Return-Path: <>' 'with the null sender'
like "$bounce" '^Status: 5\.1\.1' 'and a status'
like "$bounce" '^Diagnostic-Code: .* no list named AWAY here' 'and says why'
like "$bounce" "^Final-Recipient: rfc822; *away@$node" 'for whom'

# --- commands ----------------------------------------------------------------

letter SUBSCRIBE test Joe >"$T/m"
ok 'mail to listserv' send joe@example.com "listserv@$node"
ok 'is answered' wait_for 10 has joe 2
answer=$(cat "$(newest joe)")
like "$answer" '^Return-Path: <>' 'with the null sender'
like "$answer" '^Auto-Submitted: auto-replied' 'marked as made by a machine'
like "$answer" '^In-Reply-To: <' 'as a reply'
letter SUBSCRIBE test Joe >"$T/m"
send joe@example.com "test-subscribe-request@$node"
ok 'a request to subscribe is answered, too' wait_for 10 has joe 3

# --- a smart host that finds out late ----------------------------------------

letter to one who is gone >"$T/m"
ok 'a posting to a list with a mailbox that is gone' \
	send joe@example.com "broken@$node"
ok 'reaches the other' wait_for 10 has ann 1
ok 'and the report goes to Errors-To' wait_for 10 has keeper 1
report=$(cat "$(newest keeper)")
like "$report" '^Return-Path: <>' 'with the null sender'
like "$report" "^To: owner-broken@$node" 'it was for the owner of the list'
like "$report" '^Final-Recipient: rfc822; *gone@example.net' 'and names who'
like "$report" '^Original-Recipient: rfc822; *gone@example.net' \
	'as the list names him, too'
job=$(log lsv-route | sed -n 's/.* \([0-9a-f.]*\) done list=BROKEN .*/\1/p')
like "$report" "^Original-Envelope-Id: $job" 'and the job of the posting'
like "$report" '^Content-Type: text/rfc822-headers' 'it comes back as a header'
unlike "$report" '^This is letter ' 'without the message'
letter to one who is gone >"$T/m"
send joe@example.com "verp@$node"
ok 'with VERP too' wait_for 10 has keeper 2
like "$(cat "$(newest keeper)")" "^To: owner-verp[+]gone=example.net@$node" \
	'its envelope sender named the recipient'

# --- a spool that takes nothing ----------------------------------------------

lsv-service down 2>/dev/null
letter while all services are down >"$T/m"
ok 'while the services are down mail is taken' \
	send joe@example.com "test@$node"
ok 'at once' wait_for 10 queue_empty in
tree_up
ok 'and goes out when they are up' wait_for 20 all_have 2

chown root:root "$LSV_SPOOL/score/new"
chmod 700 "$LSV_SPOOL/score/new"
letter into a closed spool >"$T/m"
ok 'a spool with a wrong owner' send joe@example.com "test@$node"
ok 'makes Postfix keep the mail' wait_for 10 deferred
like "$(postqueue -c "$T/in/etc" -j)" '"delay_reason": "unable to open the spool [^"]*Permission denied' \
	'and show the reason'
lsv-service down 2>/dev/null
ok 'lsv-spool repair mends it' lsv-spool repair
tree_up
flush
ok 'then the mail is delivered' wait_for 20 all_have 3
ok 'and leaves the queue' wait_for 10 idle

full '"the spool is almost full"' 4

# --- the same by LMTP --------------------------------------------------------

list away
ok 'the other way is configured' make_in --lmtp
like "$(cat "$T/in/etc/lsv")" "^test@$node lsv:unix:$LSV_RUN/lmtp/socket\$" \
	'its table names the socket'
unlike "$(cat "$T/in/etc/master.cf")" 'lsv-inject' 'and no program is run'
ok 'Postfix reads it' postfix -c "$T/in/etc" reload
lsv-list delete away
{
	letter by LMTP
	printf '.\n..two\n\nFrom here\n%0900d\n' 7
	printf 'caf\303\251 \346\n'
} >"$T/m"
ok 'a posting is sent by SMTP' send joe@example.com "test@$node"
ok 'it arrives in all mailboxes' wait_for 20 all_have 5
body "$T/m" >"$T/body"
body "$(newest m7)" >"$T/got"
ok 'its body is the same to the byte' cmp "$T/body" "$T/got"
like "$(cat "$T/in/maillog")" \
	"to=<test@$node>, relay=.*lmtp/socket.*250 2.0.0 taken as" \
	'lsv-lmtp took it'
letter for nobody >"$T/m"
ok 'mail for a list that is gone' wait_for 5 send joe@example.com "away@$node"
ok 'comes back to its sender' wait_for 10 has joe 4
bounce=$(cat "$(newest joe)")
like "$bounce" '^Status: 5\.1\.1' 'with a status'
like "$bounce" '^Diagnostic-Code: .*no list named AWAY here' 'and says why'
full '".*452 4.3.1 the spool is almost full' 6
lsv-service down 2>/dev/null
letter while nobody listens >"$T/m"
ok 'a socket where nobody listens' send joe@example.com "test@$node"
ok 'makes Postfix keep the mail' wait_for 10 deferred
tree_up
flush
ok 'then the mail is delivered' wait_for 20 all_have 7

# --- once is enough ----------------------------------------------------------

ok 'both queues are empty' wait_for 10 idle
is "$(counts)" '7 ' 'every member has each posting exactly once'
is "$(cd "$mail" && find joe ann keeper -type f | cut -d / -f 1 | sort |
	uniq -c | tr -s ' \n' ' ')" ' 1 ann 4 joe 2 keeper ' \
	'nobody else got more than was told'
for part in route score; do
	is "$(find "$LSV_SPOOL/$part/new" "$LSV_SPOOL/$part/bad" -type f |
		wc -l)" 0 "nothing is left in $part/"
done
unlike "$(cat "$T/in/maillog" "$T/out/maillog")" \
	'(panic|fatal|warning): .*lsv' 'Postfix had nothing to complain of'
done_testing
