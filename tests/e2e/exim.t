#!/bin/sh
# Exim, as Debian has it, with the lines that lsv-list aliases exim prints. It
# is not installed: it runs in a mount namespace of its own.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mta.sh"

mta_needs Exim exim/usr/sbin/exim4
mta_lists exim

# Exim changes to users of its own: it is set-user-id where it is installed.
mta_exim
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
	$(mta_section routers)
	smart:
	  driver = manualroute
	  domains = ! $node
	  route_list = * 127.0.0.1::$port
	  transport = smarthost
	  self = send
	begin transports
	$(mta_section transports)
	smarthost:
	  driver = smtp
	  hosts_try_fastopen =
	begin retry
	* * F,2h,1m
X
ok 'the services start' tree_up
mta_start /run/exim/exim4 -bdf -q1h
ok 'Exim starts with the lines of lsv-list' wait_for 20 mta_answers

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

mta_takes_postings
mta_refuses_unknown 'no list named AWAY here'
mta_takes_owner "owner-test*x**y@$node" # a probe

spool_close
letter 'into a closed spool' | send joe@example.com "test@$node"
ok 'a closed spool makes Exim keep the mail' wait_for 10 log_has '== test@'
is "$(queue_count)" 1 'in its queue'
like "$(main_log)" '<test@.*output: 4[.]3[.]0 unable to open the spool' 'its log says why'
took 4 || fail 'nothing leaves meanwhile'
spool_open
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
mta_keeps_all 3
done_testing
