#!/bin/sh
# OpenSMTPD, as Debian has it, with the lines that lsv-list aliases opensmtpd
# prints. It is not installed: it runs in a mount namespace of its own.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mta.sh"

mta_needs OpenSMTPD opensmtpd/usr/sbin/smtpd
mta_lists opensmtpd

mta_opensmtpd
cp "$T/map" "$T/etc/lsv-addresses"
echo mx.example.org >"$T/etc/mailname"
{
	echo "listen on 127.0.0.1 port $in_port"
	mta_section smtpd.conf
	cat <<-X
		action "out" relay host smtp://127.0.0.1:$port
		match from any for any action "out"
	X
} >"$T/etc/smtpd.conf"
chmod 644 "$T/etc/smtpd.conf"
ok 'the services start' tree_up
mta_start /run/smtpd/smtpd -d -f /etc/smtpd.conf
ok 'OpenSMTPD starts with the lines of lsv-list' wait_for 20 mta_answers

ctl() {
	mta /run/smtpd/smtpctl "$@"
}

queue_has() {
	[ "$(ctl show queue | wc -l)" = "$1" ]
}

said() {
	grep -q -e "$1" "$T/mta.out"
}

mta_takes_postings
mta_refuses_unknown 'away@'
mta_takes_owner "owner-test+x=y@$node" # VERP

spool_close
letter 'into a closed spool' | send joe@example.com "test@$node"
ok 'a closed spool makes OpenSMTPD keep the mail' \
	wait_for 10 said 'delivery .*result="\?TempFail'
is "$(ctl show queue | wc -l)" 1 'in its queue'
like "$(grep TempFail "$T/mta.out")" 'unable to open the spool' \
	'its log says why'
spool_open
ctl schedule all >/dev/null
ok 'when it is open again the mail is delivered' wait_for 15 took 6
ok 'the queue is empty' wait_for 10 queue_has 0
mta_keeps_all 2
done_testing
