#!/bin/sh
# What relays do, by name, and what becomes of the mail: a worker delivers to a
# host for every row of hosts.tab; each row names its rule in lsv-smtpw(8).
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/certs.sh"

command -v openssl >/dev/null || skip_all 'no openssl'
certs_make || diag "$(cat "$T/certs.out")"
site_prepare "$T/site"
lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
# arguments: only these rows
python3 -B "$TOP/tests/lib/hosts.py" "$TOP/tests/lib/hosts.tab" \
	"$TOP/man/lsv-smtpw.8" "$T" "$@" 2>"$T/err"
status=$?
[ $status = 0 ] || diag "$(tail -n 40 "$T/err" "$T/smtpw.log")"
exit $status
