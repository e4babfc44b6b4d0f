#!/bin/sh
# Exim, as Debian has it, with the lines that lsv-list aliases exim prints. It
# is not installed: it runs in a mount namespace of its own.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mta.sh"

is_root || skip_all 'only root can start Exim'
exim=$TOP/build/deps/exim/usr/sbin/exim4
[ -x "$exim" ] || skip_all 'no Exim under build/deps (configure --with-deps)'
if ldd "$exim" | grep -q 'not found'; then
	skip_all 'a library of Exim is missing (configure --with-deps)'
fi

in_port=$(free_port)
host --delay 0
tree_make "$port"
list test
printf 'one@example.net\ntwo@example.net\n' | lsv-list import test >"$T/import"
list away
lsv-list aliases exim >"$T/aliases"
lsv-list aliases exim --map >"$T/map"
lsv-list delete away

# section TITLE - of what lsv-list printed
section() {
	awk -v title="$1" '/^# ---/ { on = index($0, title) > 0 } on' \
		"$T/aliases"
}

# Exim changes to users of its own: it is set-user-id where it is installed.
mta_etc
mta_user Debian-exim
cat >"$T/mta.mounts" <<-X
	mkdir /run/exim /var/spool/exim4 /var/spool/exim4/log
	install -m 4755 '$exim' /run/exim/exim4
	chown Debian-exim /var/spool/exim4 /var/spool/exim4/log
X
mkdir -p "$T/etc/exim4"
cp "$T/map" "$T/etc/exim4/lsv"
cat >"$T/etc/exim4/exim4.conf" <<-X
	primary_hostname = mx.example.org
	spool_directory = /var/spool/exim4
	log_file_path = /var/spool/exim4/log/%slog
	exim_path = /run/exim/exim4
	local_interfaces = 127.0.0.1
	daemon_smtp_ports = $in_port
	tls_advertise_hosts =
	host_lookup =
	rfc1413_query_timeout = 0s
	disable_ipv6 = true
	acl_smtp_rcpt = accept_all
	acl_smtp_data = accept_all
	begin acl
	accept_all:
	  accept
	begin routers
	$(section routers)
	smart:
	  driver = manualroute
	  domains = ! $node
	  route_list = * 127.0.0.1::$port
	  transport = smarthost
	  self = send
	begin transports
	$(section transports)
	smarthost:
	  driver = smtp
	  hosts_try_fastopen =
	begin retry
	* * F,2h,1m
X
ok 'the services start' tree_up
mta_start /run/exim/exim4 -bdf -q1h
ok 'Exim starts with the lines of lsv-list' wait_for 20 mta_answers

# took N - the smart host took mail for so many recipients
took() {
	[ "$(taken | wc -l)" = "$1" ]
}

queue_count() {
	mta /run/exim/exim4 -bpc
}

queue_has() {
	[ "$(queue_count)" = "$1" ]
}

main_log() {
	mta cat /var/spool/exim4/log/mainlog
}

log_has() {
	main_log | grep -q -e "$1"
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
bounce=$(tr -d '\r' <"$T/saved/2.eml")
like "$bounce" 'no list named AWAY here' 'and says why'

letter 'odd' | send joe@example.com "owner-test*x**y@$node"
ok 'a probe address is taken, and goes to Errors-To' wait_for 15 took 4
like "$(taken)" "^$owner\$" 'which are the owners'

chmod 700 "$LSV_SPOOL/score/new"
chown root:root "$LSV_SPOOL/score/new"
letter 'into a closed spool' | send joe@example.com "test@$node"
ok 'a closed spool makes Exim keep the mail' wait_for 10 log_has '== test@'
is "$(queue_count)" 1 'in its queue'
like "$(main_log)" '<test@.*output: 4[.]3[.]0 unable to open the spool' 'its log says why'
took 4 || fail 'nothing leaves meanwhile'
chown lsvscore:lsvin "$LSV_SPOOL/score/new"
chmod 3770 "$LSV_SPOOL/score/new"
mta /run/exim/exim4 -qff
ok 'when it is open again the mail is delivered' wait_for 15 took 6

# Killed by a signal: Exim would bounce without freeze_signal.
mv "$T/site/bin/lsv-inject" "$T/site/bin/lsv-inject.real"
printf '#!/bin/sh\nkill -9 $$\n' >"$T/site/bin/lsv-inject"
chmod 755 "$T/site/bin/lsv-inject"
letter 'while it is killed' | send joe@example.com "test@$node"
ok 'lsv-inject killed by a signal' wait_for 10 queue_has 1
rm "$T/site/bin/lsv-inject"
mv "$T/site/bin/lsv-inject.real" "$T/site/bin/lsv-inject"
mta /run/exim/exim4 -qff
ok 'is no bounce either' wait_for 15 took 8

ok 'the queue is empty' wait_for 10 queue_has 0
is "$(taken "owner-test@$node" | sort | uniq -c | tr -s ' \n' ' ')" \
	' 3 one@example.net 3 two@example.net ' \
	'each has each posting exactly once'
mta_end
host_end
is "$status" 0 'the smart host has nothing to complain of'
done_testing
