#!/bin/sh
# lsv-worker tls-test against hosts that are good, bad, or in between: what it
# says of each is what lsv-smtpw would do, and no mail is sent.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/certs.sh"

command -v openssl >/dev/null || skip_all 'no openssl'

login='joe@example.com:correct-horse'

# look [OPTION...] - tls-test of the host
look() {
	run lsv-worker tls-test --json --timeout 2s "$@"
}

# of EXPRESSION - of what was found out about the address that answered
of() {
	json "[h for h in d['hosts'] if h['reached']][0]$1"
}

# goes - with which TLS= mail would go, and over TLS in capitals
goes() {
	json "' '.join(k.upper() if v['tls'] else k for k, v in [h for h in
		d['hosts'] if h['reached']][0]['policies'].items() if v['goes'])"
}

# why POLICY - why it would not, or not over TLS
why() {
	of "['policies']['$1']['why']"
}

# at NAME HOST-OPTION... - another host, and a look at it
at() {
	at_name=$1
	shift
	host_end
	: >"$T/trace"
	host "$@"
	# shellcheck disable=SC2086 # a list of options
	look $at_options "localhost:$port"
	unlike "$(cat "$T/trace")" '> (MAIL|RCPT|DATA)' "$at_name: no mail is sent"
}
at_options=

# facts CODE GOES NAME-CHECK CHAIN
facts() {
	is "$status" "$1" "$at_name: exit $1"
	is "$(goes)" "$2" "$at_name: mail would go with: $2"
	[ $# -gt 2 ] || return 0
	is "$(of "['tls']['certificate']['name_check']")" "$3" \
		"$at_name: the name: $3"
	is "$(of "['tls']['certificate']['chain']")" "$4" \
		"$at_name: the chain: $4"
}

# with_cert NAME - options of a host with STARTTLS and that certificate
with_cert() {
	printf -- '--starttls --cert %s' "$T/certs/$1.pem"
}

all='none MAY ENCRYPT VERIFY'
unverified='none MAY ENCRYPT'

# --- usage -------------------------------------------------------------------

for wrong in tls-test 'tls-test a b' 'tls-test localhost --entry 1' \
	'tls-test --entry 1 --implicit' 'tls-test localhost --timeout 0' \
	'tls-test not_a_host' 'tls-test localhost;TLS=may' \
	'tls-test localhost:0'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-worker $wrong
	is "$status" 100 "$wrong is wrong"
done
run lsv-worker -h
like "$(cat "$T/out")" '--timeout SECONDS  tls-test' 'and -h says what is right'

tree_make 25
ok 'certificates are made' certs_make
cp "$T/certs/ca.pem" "$LSV_ETC/ca.pem"

# --- certificates ------------------------------------------------------------

# shellcheck disable=SC2046 # lists of options
certificates() {
	at 'a good certificate' $(with_cert good) --login "$login"
	facts 0 "$all" ok ok
	is "$(json "d['good']")" True 'which is what good says'
	is "$(of "['greeting']")" 'fake ESMTP' 'the greeting is shown'
	like "$(of "['offers_clear']")" 'STARTTLS' 'what is offered in clear'
	like "$(of "['offers']")" 'PIPELINING.*AUTH' 'and what over TLS'
	unlike "$(of "['offers']")" 'STARTTLS' 'which differs'
	is "$(of "['auth']")" "['PLAIN', 'LOGIN', 'SCRAM-SHA-256']" \
		'with the mechanisms of AUTH'
	is "$(of "['tls']['version']")" TLSv1.3 'the version of TLS'
	like "$(of "['tls']['cipher']")" '^TLS_' 'the cipher'
	is "$(of "['tls']['resumed']")" True 'that the session is of use again'
	is "$(of "['tls']['certificate']['subject']")" CN=relay 'the subject'
	is "$(of "['tls']['certificate']['issuer']")" 'CN=Root ca' 'the issuer'
	is "$(of "['tls']['certificate']['names']")" "['localhost']" 'the names'
	like "$(of "['tls']['certificate']['from']")" '^20[0-9-]* .*UTC' 'from'
	like "$(of "['tls']['certificate']['until']")" '^20[0-9-]* .*UTC' 'until'
	is "$(of "['address']") $(of "['port']")" "127.0.0.1 $port" \
		'and the address'
	run lsv-worker tls-test "localhost:$port"
	is "$status" 0 'the same for people'
	text=$(cat "$T/out")
	like "$text" "^localhost:$port at 127.0.0.1\$" 'names the host'
	like "$text" '^  with TLS +.*AUTH PLAIN LOGIN' 'what it offers'
	like "$text" '^  TLS +TLSv1.3 .*, the session was used again' 'TLS'
	like "$text" '^  names +localhost$' 'the certificate'
	like "$text" '^  chain +ok$' 'what is right'
	like "$text" '^  TLS=verify +yes, over TLS$' 'and what goes'
	like "$text" '^  TLS=implicit +no: the host begins in clear$' \
		'and what not'

	at 'signed by itself' $(with_cert self)
	facts 100 "$unverified" ok 'self-signed certificate'
	like "$(why verify)" 'certificate verify failed: self-signed' 'and why'
	at 'another name' $(with_cert other)
	facts 100 "$unverified" 'hostname mismatch' ok
	like "$(why verify)" 'hostname mismatch: localhost' 'and why'
	is "$(of "['tls']['certificate']['names']")" "['mx.example.org']" \
		'and which name it has'
	at expired $(with_cert expired)
	facts 100 "$unverified" ok 'certificate has expired'
	at 'an unknown root' $(with_cert unknown)
	facts 100 "$unverified" ok 'unable to get local issuer certificate'
	at 'TLS 1.2' $(with_cert good) --tls-max 1.2
	facts 0 "$all" ok ok
	is "$(of "['tls']['version']")" TLSv1.2 'is named'
	is "$(of "['tls']['resumed']")" True 'and its session of use again'
}
certificates

# --- STARTTLS ----------------------------------------------------------------

# shellcheck disable=SC2046 # lists of options
starttls() {
	at 'no STARTTLS'
	facts 100 'none may'
	is "$(why verify)" 'TLS is a must here, and the host offers no STARTTLS' \
		'and why'
	is "$(of "['tls']")" None 'there is no TLS to tell of'
	at 'STARTTLS refused' $(with_cert good) --on starttls=454
	facts 100 'none may'
	like "$(why encrypt)" '^STARTTLS: 454 4[.]' 'and by which answer'
	at 'closed in the handshake' $(with_cert good) --on handshake=close
	facts 100 'none may'
	like "$(why verify)" 'TLS: .*(closed|eof|reset)' 'and why'
	like "$(why may)" 'TLS: .*(closed|eof|reset)' 'also why it goes in clear'
	at 'TLS 1.1' $(with_cert good) --tls-max 1.1
	facts 100 'none may'
	like "$(why encrypt)" 'TLS: .*version' 'and why'
	at 'a response injected' $(with_cert good) --inject '250 AUTH PLAIN'
	like "$(why verify)" '(bytes in clear behind STARTTLS|wrong version)' \
		'injected: why TLS=verify refuses'
	is "$status" 100 'a response injected: exit 100'
	unlike "$(goes)" '[A-Z]' 'a response injected: nothing goes over TLS'
	is "$(of "['auth']")" '[]' 'and what it said does not count'
	at 'a greeting that refuses' --on connect=554
	facts 100 ''
	like "$(why none)" '^greeting: 554 ' 'and by which answer'
}
starttls

# --- from the first byte -----------------------------------------------------

at_options=--implicit
at 'TLS from the first byte' --implicit --cert "$T/certs/good.pem"
facts 0 'MAY ENCRYPT VERIFY IMPLICIT' ok ok
is "$(of "['tls']['resumed']")" True 'and its session is of use again'
like "$(why none)" 'waits for TLS' 'in clear it is silent'
at 'from the first byte, another name' --implicit --cert "$T/certs/other.pem"
facts 100 'MAY ENCRYPT IMPLICIT' 'hostname mismatch' ok
at 'from the first byte, a host in clear' --starttls \
	--cert "$T/certs/good.pem"
facts 100 'none'
like "$(why implicit)" 'TLS: wrong version' 'and why'
host_end
like "$(cat "$T/host.err")" 'violation' 'which saw a handshake out of place'
: >"$T/host.err"
at_options=
at 'in clear, a host with TLS from the first byte' --implicit \
	--cert "$T/certs/good.pem"
facts 100 IMPLICIT ok ok

# Port 465 of a network of its own.
port_465() {
	host_end
	# shellcheck disable=SC2016 # expanded there
	unshare -n sh -ec '
		ip link set lo up
		"$1" --implicit --cert "$2" --port 465 >/dev/null 2>&1 &
		i=0
		until lsv-worker tls-test --json --timeout 2s localhost:465 \
			>"$3" 2>&1; do
			[ $i -lt 50 ]
			i=$((i + 1))
			sleep 0.1
		done
		kill $!
	' sh "$TOP/tests/lib/fakehost.py" "$T/certs/good.pem" "$T/out"
}
if is_root && unshare -n true 2>/dev/null; then
	ok 'port 465' port_465
	is "$(goes)" 'MAY ENCRYPT VERIFY IMPLICIT' 'is TLS from the first byte'
else
	skip 'only root has a network of its own' 2
fi

# --- nobody there ------------------------------------------------------------

host_end
look "localhost:$port"
is "$status" 111 'a dead host: exit 111'
is "$(json "{h['reached'] for h in d['hosts']}")" '{False}' 'is not reached'
like "$(json "d['hosts'][0]['why']")" 'refused' 'and why'
look nowhere.invalid
is "$status" 111 'a name that nobody has: exit 111'
like "$(json "d['hosts'][0]['why']")" 'host name' 'and why'

# --- entries of site.cfg -----------------------------------------------------

write_auth() {
	printf 'isp %s\nwrong joe@example.com mule\n' \
		"$(echo "$login" | tr : ' ')" >"$LSV_ETC/auth"
	chmod 640 "$LSV_ETC/auth"
	! is_root || chgrp lsvsmtp "$LSV_ETC/auth"
}

# entry OPTIONS - tls-test of SMTP_FORWARD_3
entry() {
	tree_config "SMTP_FORWARD_3=localhost:$port;$1"
	look --entry 3
}

dead=$(free_port)
write_auth
# shellcheck disable=SC2046 # a list of options
host $(with_cert good) --login "$login"
entry 'TLS=verify;AUTH=isp'
is "$status" 0 'an entry that logs in: exit 0'
is "$(of "['entry']")" "{'goes': True, 'tls': True, 'why': ''}" \
	'and mail would go'
like "$(cat "$T/trace")" '> AUTH SCRAM' 'it did log in'
entry 'TLS=verify;AUTH=wrong'
is "$status" 100 'a wrong password: exit 100'
like "$(of "['entry']['why']")" 'SCRAM|AUTH: 535' 'and why'
entry 'TLS=verify;AUTH=nobody'
is "$status" 100 'a name that the file has not: exit 100'
like "$(of "['entry']['why']")" 'AUTH= names nobody, which .*/auth has not' \
	'and why'
chmod 644 "$LSV_ETC/auth"
look --entry 3
is "$status" 100 'a file that others may read: exit 100'
like "$(of "['entry']['why']")" 'auth cannot be used: .*chmod 640' 'and why'
unlike "$(cat "$T/out" "$T/err")" 'horse|mule' 'no password is shown'
write_auth
entry "TLS=none;127.0.0.1:$port;localhost:$dead"
is "$status" 0 'all that answer would do: exit 0'
is "$(json "sorted({(h['host'], h['port'], h.get('entry', {}).get('goes'))
	for h in d['hosts'] if h['reached']})")" \
	"[('127.0.0.1', $port, True), ('localhost', $port, True)]" \
	'all targets are tried'
like "$(json "[h['port'] for h in d['hosts'] if not h['reached']]")" "$dead" \
	'also one that is away'
entry 'TLS=encrypt;HELO=relay.example.net'
like "$(cat "$T/trace")" '> EHLO relay.example.net' 'with the name of the entry'
look --entry 4
is "$status" 100 'there is no such entry: exit 100'
cat >"$T/new.cfg" <<-X
	NODE=$node
	POSTMASTER=keeper@example.net
	SMTP_FORWARD_4=localhost:$port;TLS=encrypt
X
look --entry 4 --config "$T/new.cfg"
is "$status" 0 'but in a file that is not applied'
tree_config
look --entry 0
is "$status" 111 '0 is SMTP_FORWARD, where nobody is'
host_end
is "$(cat "$T/host.err")" '' 'no rule of SMTP was broken'
done_testing
