#!/bin/sh
# OpenSMTPD, as Debian has it, as the relay. It is not installed: it runs in a
# mount namespace of its own.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mta.sh"
. "$TOP/tests/interop/cases.sh"

mta_needs OpenSMTPD opensmtpd/usr/sbin/smtpd
relay_ports

mta_opensmtpd
mta_user keeper
chmod 777 "$T/got"
echo relay.example.org >"$T/etc/mailname"
install -m 600 "$T/certs/good.key" "$T/etc/relay.key"
install -m 644 "$T/certs/good.crt" "$T/etc/relay.crt"
echo "$user $(openssl passwd -6 "$password")" >"$T/etc/relay.users"
chmod 644 "$T/etc/relay.users"
cat >"$T/etc/smtpd.conf" <<-X
	pki localhost cert "/etc/relay.crt"
	pki localhost key "/etc/relay.key"
	table people file:/etc/relay.users
	listen on 127.0.0.1 port $port tls pki localhost
	listen on 127.0.0.1 port $tls_port smtps pki localhost
	listen on 127.0.0.1 port $auth_port tls-require pki localhost auth <people>
	action "keep" maildir "$T/got" virtual { "@" = keeper }
	match from any for any action "keep"
X
chmod 644 "$T/etc/smtpd.conf"
mta_start /run/smtpd/smtpd -d -f /etc/smtpd.conf

# Its process for keys, as Debian 12 builds it with OpenSSL 3, signs nothing:
# no client gets through a handshake, and so none may log in.
handshake() {
	echo QUIT | openssl s_client -starttls smtp -connect "127.0.0.1:$port"
}

relay_starts OpenSMTPD
not_ok 'its TLS works with no client' handshake
tls=0 utf8=0 bytes=lf cases
done_testing
