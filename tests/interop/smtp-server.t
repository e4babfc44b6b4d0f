#!/bin/sh
# smtp-server, of the npm packages, as the relay
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/interop/cases.sh"

command -v node >/dev/null || skip_all 'no node (tests/interop/setup)'
interop_needs node/.done smtp-server
relay_ports
NODE_PATH=$interop/node/node_modules
export NODE_PATH
relay_run "$TOP/tests/interop/relay-smtp-server.js" "$port" "$tls_port" \
	"$auth_port" "$T/certs/good.pem" "$user" "$password" "$T/got"
unset NODE_PATH
relay_starts smtp-server

utf8=1 bytes=crlf cases
done_testing
