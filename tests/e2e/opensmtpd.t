#!/bin/sh
# OpenSMTPD, as Debian has it, with the lines that lsv-list aliases opensmtpd
# prints. It is not installed: it runs in a mount namespace of its own.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mta.sh"

is_root || skip_all 'only root can start OpenSMTPD'
deps=$TOP/build/deps/opensmtpd
[ -x "$deps/usr/sbin/smtpd" ] ||
	skip_all 'no OpenSMTPD under build/deps (configure --with-deps)'
if ldd "$deps/usr/sbin/smtpd" | grep -q 'not found'; then
	skip_all 'a library of OpenSMTPD is missing (configure --with-deps)'
fi

in_port=$(free_port)
host --delay 0
tree_make "$port"
list test
printf 'one@example.net\ntwo@example.net\n' | lsv-list import test >"$T/import"
list away
lsv-list aliases opensmtpd >"$T/aliases"
lsv-list aliases opensmtpd --map >"$T/map"
lsv-list delete away

mta_etc
mta_user opensmtpd
mta_user opensmtpq
cat >"$T/mta.mounts" <<-X
	mkdir -p /var/spool/smtpd /var/lib/opensmtpd/empty /run/smtpd
	chmod 711 /var/spool/smtpd
	cp -r '$deps/usr/libexec/opensmtpd' /usr/libexec/
	cp '$deps/usr/sbin/smtpd' /run/smtpd/
	install -g opensmtpq -m 2755 '$deps/usr/sbin/smtpctl' /run/smtpd/
X
cp "$T/map" "$T/etc/lsv-addresses"
echo mx.example.org >"$T/etc/mailname"
{
	echo "listen on 127.0.0.1 port $in_port"
	awk '/^# ---/ { on = index($0, "smtpd.conf") > 0 } on' "$T/aliases"
	cat <<-X
		action "out" relay host smtp://127.0.0.1:$port
		match from any for any action "out"
	X
} >"$T/etc/smtpd.conf"
chmod 644 "$T/etc/smtpd.conf"
ok 'the services start' tree_up
mta_start /run/smtpd/smtpd -d -f /etc/smtpd.conf
ok 'OpenSMTPD starts with the lines of lsv-list' wait_for 20 mta_answers

# took N - the smart host took mail for so many recipients
took() {
	[ "$(taken | wc -l)" = "$1" ]
}

ctl() {
	mta /run/smtpd/smtpctl "$@"
}

queue_has() {
	[ "$(ctl show queue | wc -l)" = "$1" ]
}

said() {
	grep -q -e "$1" "$T/mta.out"
}

letter 'a posting' >"$T/m"
printf '.\n..two\nFrom here\ncaf\303\251\n' >>"$T/m"
post_m() {
	send joe@example.com "test@$node" <"$T/m"
}
ok 'a posting is sent by SMTP' post_m
ok 'and goes to all' wait_for 15 took 2
is "$(taken "owner-test@$node" | tr '\n' ' ')" \
	'one@example.net two@example.net ' 'from the owner- address'
sed '1,/^\r$/d' "$T/saved/1.eml" | tr -d '\r' >"$T/body"
sed '1,/^$/d' "$T/m" >"$T/want"
ok 'its body is the same to the byte' cmp "$T/want" "$T/body"

letter 'for a list that is gone' | send joe@example.com "away@$node"
ok 'mail for an unknown list comes back' wait_for 15 took 3
is "$(taken '<>')" joe@example.com 'to its sender'
like "$(tr -d '\r' <"$T/saved/2.eml")" 'away@' 'and names whom it was for'

letter 'odd' | send joe@example.com "owner-test+x=y@$node"
ok 'a VERP address is taken, and goes to Errors-To' wait_for 15 took 4
like "$(taken)" "^$owner\$" 'which are the owners'

chmod 700 "$LSV_SPOOL/score/new"
chown root:root "$LSV_SPOOL/score/new"
letter 'into a closed spool' | send joe@example.com "test@$node"
ok 'a closed spool makes OpenSMTPD keep the mail' \
	wait_for 10 said 'delivery .*result="\?TempFail'
is "$(ctl show queue | wc -l)" 1 'in its queue'
like "$(grep TempFail "$T/mta.out")" 'unable to open the spool' \
	'its log says why'
chown lsvscore:lsvin "$LSV_SPOOL/score/new"
chmod 3770 "$LSV_SPOOL/score/new"
ctl schedule all >/dev/null
ok 'when it is open again the mail is delivered' wait_for 15 took 6
ok 'the queue is empty' wait_for 10 queue_has 0
is "$(taken "owner-test@$node" | sort | uniq -c | tr -s ' \n' ' ')" \
	' 2 one@example.net 2 two@example.net ' \
	'each has each posting exactly once'
mta_end
host_end
done_testing
