#!/bin/sh
# Exim, as Debian has it, as the relay. It is not installed: it runs in a mount
# namespace of its own.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mta.sh"
. "$TOP/tests/interop/cases.sh"

mta_needs Exim exim/usr/sbin/exim4
relay_ports

mta_exim
chmod 777 "$T/got"
echo "install -o Debian-exim -m 600 '$T/certs/good.pem' /run/exim/" \
	>>"$T/mta.mounts"
cat >"$T/etc/exim4/exim4.conf" <<-X
	primary_hostname = relay.example.org
	spool_directory = /var/spool/exim4
	log_file_path = /var/spool/exim4/log/%slog
	exim_path = /run/exim/exim4
	local_interfaces = 127.0.0.1
	daemon_smtp_ports = $port : $tls_port : $auth_port
	tls_on_connect_ports = $tls_port
	tls_advertise_hosts = *
	tls_certificate = /run/exim/good.pem
	auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
	smtputf8_advertise_hosts = *
	chunking_advertise_hosts = *
	accept_8bitmime = true
	smtp_accept_queue_per_connection = 0
	host_lookup =
	rfc1413_query_timeout = 0s
	disable_ipv6 = true
	acl_smtp_rcpt = take
	acl_smtp_data = accept_all
	begin acl
	take:
	  deny  condition = \${if eq{\$received_port}{$auth_port}}
	        ! authenticated = *
	        message = AUTH first
	  accept
	accept_all:
	  accept
	begin routers
	boxes:
	  driver = accept
	  transport = boxes
	begin transports
	boxes:
	  driver = appendfile
	  directory = $T/got
	  maildir_format
	  user = Debian-exim
	  envelope_to_add
	  return_path_add
	  delivery_date_add
	begin retry
	* * F,2h,1m
	begin authenticators
	plain:
	  driver = plaintext
	  public_name = PLAIN
	  server_prompts = :
	  server_condition = \${if and{{eq{\$auth2}{$user}}{eq{\$auth3}{$password}}}}
	  server_set_id = \$auth2
X
mta_start /run/exim/exim4 -bdf -q1h

main_log() {
	mta cat /var/spool/exim4/log/mainlog
}

how_seen() {
	case $1 in
	tls) main_log | grep -q '<= .* P=esmtps ' ;;
	*) main_log | grep -q "<= .* P=esmtpsa .*A=plain:$user" ;;
	esac
}

# K: it came by BDAT.
bdat_seen() {
	[ "$(main_log | grep -c '<= .* K ')" -ge "$1" ]
}

relay_starts Exim
utf8=1 bytes=lf cases
unlike "$(main_log)" 'panic' 'Exim did not suffer'
done_testing
