#!/bin/sh
# Haraka, of the npm packages, as the relay
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/interop/cases.sh"

command -v node >/dev/null || skip_all 'no node (tests/interop/setup)'
interop_needs node/.done Haraka
relay_ports

# Ports, certificates, the password, and the plugin that keeps what came.
configure() {
	mkdir -p "$T/haraka/config" "$T/haraka/plugins" &&
		cd "$T/haraka" || return 1
	cp "$TOP/tests/interop/relay-haraka.js" plugins/interop.js
	cp "$interop/node/node_modules/Haraka/config/connection.ini" config/
	cat >config/smtp.ini <<-X
		listen=127.0.0.1:$port,127.0.0.1:$tls_port,127.0.0.1:$auth_port
		smtps_port=$tls_port
		nodes=0
	X
	printf 'tls\nauth/flat_file\ninterop\n' >config/plugins
	printf 'key=%s\ncert=%s\n' good.key good.crt >config/tls.ini
	cp "$T/certs/good.key" "$T/certs/good.crt" config/
	printf '[core]\nmethods=PLAIN,LOGIN\nconstrain_sender=false\n[users]\n%s=%s\n' \
		"$user" "$password" >config/auth_flat_file.ini
	printf 'auth_port=%s\ndir=%s\n' "$auth_port" "$T/got" \
		>config/interop.ini
	echo relay.example.org >config/me
	echo info >config/loglevel
}

ok 'it is configured' configure
relay_run node "$interop/node/node_modules/Haraka/bin/haraka" -c "$T/haraka"
relay_starts Haraka

utf8=1 bytes=crlf cases
done_testing
