#!/bin/sh
# A Postfix of our own as the relay: STARTTLS, TLS from the first byte, and AUTH
# before it takes anything. The system's Postfix is not touched.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/postfix.sh"
. "$TOP/tests/lib/certs.sh"

postfix_needs
command -v openssl >/dev/null || skip_all 'no openssl'

user=joe@example.com
password='correct horse, battery=staple'
relay_port=$(free_port)
smtps_port=$(free_port)

main_cf() {
	postfix_main relay
	postfix_boxes relay example.net
	postfix_tls
	cat <<-X
		mynetworks =
		smtpd_relay_restrictions = permit_sasl_authenticated, reject
		smtpd_recipient_restrictions = permit_sasl_authenticated, reject
		smtpd_tls_security_level = encrypt
		smtpd_sasl_auth_enable = yes
	X
}

master_cf() {
	postfix_master "$relay_port"
	echo "127.0.0.1:$smtps_port inet n - n - - smtpd" \
		'-o smtpd_tls_wrappermode=yes'
}

make_relay() {
	postfix_make relay || return 1
	main_cf >"$T/relay/etc/main.cf"
	master_cf >"$T/relay/etc/master.cf"
	for name in a b c; do
		echo "$name@example.net $name/"
	done >"$T/relay/etc/mailboxes"
	postfix_start relay
}

all_have() {
	has a "$1" && has b "$1" && has c "$1"
}

# told REGEX - of an entry that is set now, why the relay is of no use
told() {
	log lsv-smtpw | grep -Eq "host-down .*$1"
}

# Postfix says 530: the site can mend that, and no mail is at fault.
put_off() {
	log lsv-smtpw | grep -q ' deferred .*rcpts=3'
}

# reach PORT;OPTIONS - reach the relay so
reach() {
	tree_config RETRY_MAX=300ms "SMTP_FORWARD_1=localhost:$1" &&
		lsv-service reload >/dev/null 2>&1
}

tree_make "$relay_port"
ok 'certificates are made' certs_make
cp "$T/certs/ca.pem" "$LSV_ETC/ca.pem"
printf 'relay %s %s\nwrong %s mule\n' "$user" "$password" "$user" \
	>"$LSV_ETC/auth"
chown root:lsvsmtp "$LSV_ETC/auth"
chmod 640 "$LSV_ETC/auth"
with crew a b c
ok 'a Postfix that wants TLS and AUTH is there' make_relay
ok 'and what knows the password' postfix_sasl relay "$user" "$password"
ok 'the services start' tree_up

reach "$relay_port;TLS=verify;AUTH=relay"
{
	letter over STARTTLS
	printf '.\n..two\ncaf\303\251 %0900d\n' 7
} >"$T/m"
to crew <"$T/m"
ok 'by STARTTLS and AUTH mail arrives' wait_for 20 all_have 1
sed '1,/^$/d' "$T/m" >"$T/want"
sed '1,/^$/d' "$(find "$mail/b/new" -type f)" >"$T/got"
ok 'and is the same to the byte' cmp "$T/want" "$T/got"

reach "$smtps_port;TLS=implicit;AUTH=relay"
letter from the first byte on | to crew
ok 'with TLS from the first byte as well' wait_for 20 all_have 2

reach "$relay_port;TLS=none"
letter without TLS | to crew
ok 'without TLS it is put off' wait_for 20 put_off
reach "$relay_port;AUTH=wrong"
ok 'with a wrong password it is of no use' wait_for 20 told '5.7.8|535|failed'
reach "$relay_port;TLS=verify;AUTH=relay"
ok 'and with the right one that mail goes out' wait_for 30 all_have 3
like "$(cat "$T/relay/maillog")" "sasl_method=PLAIN, sasl_username=$user" \
	'Postfix saw who it was'
like "$(cat "$T/relay/maillog")" 'TLS connection established .*TLSv1.3' \
	'and TLS 1.3'
unlike "$(log lsv-smtpw)" 'correct horse|mule' 'no log has a password'
unlike "$(cat "$T/relay/maillog")" '(panic|fatal): ' 'Postfix did not suffer'
done_testing
