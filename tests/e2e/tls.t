#!/bin/sh
# lsv-smtpw with TLS and AUTH against hosts that are good, bad, or in between:
# the policy of the entry is obeyed each time, and no password goes in clear.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/certs.sh"

command -v openssl >/dev/null || skip_all 'no openssl'

login=joe@example.com:correct-horse

# The file that only lsv-smtpw reads.
write_auth() {
	printf '# test\nisp %s\nwrong joe@example.com mule\n' \
		"$(echo "$login" | tr : ' ')" >"$LSV_ETC/auth"
	chmod 640 "$LSV_ETC/auth"
	! is_root || chgrp lsvsmtp "$LSV_ETC/auth"
}

# how - what the connections were over which mail was taken: tls, clear, none
how() {
	awk -F '[>=<] ' '
		/^[0-9]+= / { tls[$1] = 1 }
		/^[0-9]+> MAIL/ { mail[$1] = 1 }
		END {
			for (c in mail)
				kind[c in tls ? "tls" : "clear"] = 1
			out = "none"
			for (k in kind)
				out = out == "none" ? k : out " " k
			print out
		}' "$T/trace"
}

# forward OPTIONS - deliver to $port of localhost with these options
forward() {
	tree_config RETRY_MAX=300ms "SMTP_FORWARD_1=localhost:$port;$1" &&
		lsv-service reload >/dev/null 2>&1
}

# refreshed OPTION... - a host with nothing taken, on a port of its own: workers
# that were not told yet talk to the one before as they did, and it is gone
refreshed() {
	host_end
	hosts=$((hosts + 1))
	port=$(sed -n "${hosts}p" "$T/ports")
	rm -rf "$T/taken" "$T/trace" "$T/saved"
	: >"$T/trace"
	host "$@"
}

# What was sent to it, and whether it has anything to complain of.
clean() {
	host_end
	is "$(cat "$T/host.err")" '' "$1: no rule was broken"
	: >"$T/host.err"
}

# good NAME OPTIONS HOW HOST-OPTION... - mail is delivered so, and only so
good() {
	good_name=$1 good_options=$2 good_how=$3
	shift 3
	refreshed "$@"
	forward "$good_options"
	letter "$good_name" | to crew
	ok "$good_name: delivered" finished 20
	is "$(how)" "$good_how" "$good_name: $good_how"
	clean "$good_name"
}

# bad NAME OPTIONS WHY HOST-OPTION... - the host is of no use, and the log says
# why; nothing of an envelope is sent
bad() {
	bad_name=$1 bad_options=$2 bad_why=$3
	shift 3
	refreshed "$@"
	bad_before=$(events lsv-smtpw "host-down .*$bad_why")
	forward "$bad_options"
	letter "$bad_name" | to crew
	wait_for 20 more_events
	ok "$bad_name: the host is not used" more_events
	is "$(how)" none "$bad_name: nothing of an envelope was sent"
	clean "$bad_name"
}

more_events() {
	log lsv-smtpw | grep 'host-down ' | tail -n 3
	[ "$(events lsv-smtpw "host-down .*$bad_why")" -gt "$bad_before" ]
}

fell_back() {
	events lsv-smtpw "tls-failed .*$1"
}

hosts=0
free_ports 60 >"$T/ports"
tree_make "$(free_port)"
ok 'certificates are made' certs_make
for name in good expired self other unknown huge; do
	eval "$name='--starttls --cert $T/certs/$name.pem'"
done
cp "$T/certs/ca.pem" "$LSV_ETC/ca.pem"
write_auth
with crew a b
ok 'the services start' tree_up

# shellcheck disable=SC2086,SC2154 # lists of options, set by eval
cases() {
	# --- TLS=may, the default: better than nothing, and never worse -----
	good 'may, offered' TLS=may tls $good
	good 'may, not offered' TLS=may clear
	good 'may, refused' TLS=may clear $good --on starttls=454
	good 'may, expired certificate' TLS=may tls $expired
	good 'may, closed in the handshake' TLS=may clear $good \
		--on handshake:1=close
	good 'may, TLS 1.1 only' TLS=may clear $good --tls-max 1.1
	good 'none, offered' TLS=none clear $good

	# --- TLS=encrypt: whoever it is -------------------------------------
	good 'encrypt, signed by itself' TLS=encrypt tls $self
	bad 'encrypt, stripped' TLS=encrypt 'offers no STARTTLS'
	bad 'encrypt, refused' TLS=encrypt 'as asked for' $good \
		--on starttls=454
	bad 'encrypt, TLS 1.1 only' TLS=encrypt 'TLS: .*version' $good \
		--tls-max 1.1
	bad 'encrypt, closed in the handshake' TLS=encrypt \
		'TLS: .*(unexpected eof|closed|reset)' $good \
		--on handshake=close
	bad 'encrypt, garbage in the handshake' TLS=encrypt \
		'TLS: .*(wrong version|reset|closed|unexpected)' $good \
		--on handshake=garbage
	bad 'encrypt, silent in the handshake' TLS=encrypt \
		'TLS: timed out' $good --on handshake=silent
	bad 'encrypt, a huge chain' TLS=encrypt \
		'TLS: excessive message size' $huge
	bad 'encrypt, a response injected' TLS=encrypt \
		'(bytes in clear behind STARTTLS|wrong version)' $good \
		--inject '250 AUTH PLAIN'
	good 'encrypt, TLS 1.2' TLS=encrypt tls $good --tls-max 1.2

	# --- TLS=verify: nobody else ----------------------------------------
	good 'verify, right' TLS=verify tls $good
	bad 'verify, expired' TLS=verify \
		'certificate verify failed: certificate has expired' $expired
	bad 'verify, another name' TLS=verify \
		'hostname mismatch: localhost' $other
	bad 'verify, signed by itself' TLS=verify \
		'certificate verify failed: self-signed certificate' $self
	bad 'verify, unknown root' TLS=verify \
		'certificate verify failed: unable to get local issuer' \
		$unknown
	bad 'verify, stripped' TLS=verify 'offers no STARTTLS'

	# --- from the first byte --------------------------------------------
	good 'implicit' TLS=implicit tls --implicit \
		--cert "$T/certs/self.pem"
	bad 'implicit, a host in clear' TLS=implicit 'TLS: wrong version' \
		--deaf

	# --- AUTH -----------------------------------------------------------
	for mech in PLAIN LOGIN SCRAM-SHA-256; do
		good "AUTH $mech" 'TLS=verify;AUTH=isp' tls $good \
			--login "$login" --auth "GSSAPI $mech"
		like "$(cat "$T/trace")" "> AUTH $mech" "AUTH $mech: is used"
	done
	good 'AUTH, implicit TLS' 'TLS=implicit;AUTH=ISP' tls --implicit \
		--cert "$T/certs/self.pem" --login "$login"
	like "$(cat "$T/trace")" '> AUTH SCRAM-SHA-256' 'the best is chosen'
	bad 'AUTH, TLS stripped' 'TLS=may;AUTH=isp' \
		'a password never goes over clear text' --login "$login"
	bad 'AUTH, TLS broken' 'TLS=may;AUTH=isp' 'TLS: ' $good \
		--login "$login" --on handshake=close
	bad 'AUTH, another name' 'TLS=verify;AUTH=isp' 'hostname mismatch' \
		$other --login "$login"
	unlike "$(cat "$T/trace")" '> AUTH' 'which is told nothing'
	bad 'AUTH, not offered' 'AUTH=isp' 'offers no AUTH' $good
	bad 'AUTH, no mechanism in common' 'AUTH=isp' 'none of PLAIN' $good \
		--login "$login" --auth GSSAPI
	bad 'AUTH, wrong password' 'AUTH=wrong' '(no|wrong)' $good \
		--login "$login" --auth PLAIN
	bad 'AUTH, a host that does not know it' 'AUTH=isp' \
		'SCRAM: the host does not know the password' $good \
		--login "$login" --impostor
	bad 'AUTH, a name that the file has not' 'AUTH=other' \
		'AUTH= names a line' $good
}
cases
is "$(fell_back 'TLS: ')" 2 'each time that TLS was left out is logged'
unlike "$(log lsv-smtpw)" 'correct-horse|mule|joe@' 'no log has a password'

# --- the file of passwords ---------------------------------------------------

refuses_file() {
	[ "$(events lsv-smtpw 'warning: unable to use .*/auth.*chmod 640')" -gt 0 ]
}
chmod 644 "$LSV_ETC/auth"
forward 'AUTH=isp'
ok 'a file that others may read is not used' wait_for 10 refuses_file
write_auth

# --- in the middle -----------------------------------------------------------

# shellcheck disable=SC2086,SC2154 # lists of options
middle() {
	good 'cut off behind the dot' TLS=verify tls $good \
		--on dot:1=accept-close
	good 'cut off in a reply' TLS=verify tls $good --on rcpt:1=half
	refreshed $good --on quit:3=221 --idle 0.2
	forward 'TLS=verify'
	for i in 1 2 3; do
		letter "again $i" | to crew
		sleep 0.5
	done
	ok 'three connections one after another' finished 20
	is "$(grep '^[0-9]*= ' "$T/trace" | cut -d ' ' -f 3 | tr '\n' ' ')" \
		'new resumed resumed ' 'go on with the session of the first'
	clean 'sessions'
}
middle
unlike "$(log lsv-smtpw)" 'worker-died|fatal:' 'no worker died'
done_testing
