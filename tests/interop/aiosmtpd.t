#!/bin/sh
# aiosmtpd as the relay
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/interop/cases.sh"

interop_needs python aiosmtpd
relay_ports
PYTHONPATH=$interop/python/usr/lib/python3/dist-packages
export PYTHONPATH
relay_run "$TOP/tests/interop/relay-aiosmtpd.py" "$port" "$tls_port" \
	"$auth_port" "$T/certs/good.pem" "$user" "$password" "$T/got"
unset PYTHONPATH
relay_starts aiosmtpd

utf8=1 bytes=crlf cases
done_testing
