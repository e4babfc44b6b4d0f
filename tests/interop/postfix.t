#!/bin/sh
# Postfix as the relay; the system's Postfix is not touched
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/postfix.sh"
. "$TOP/tests/interop/cases.sh"

postfix_needs
relay_ports

mail=$T/got

# -v tells of every command.
make_relay() {
	postfix_make relay || return 1
	{
		postfix_main relay
		postfix_boxes relay "$domain"
		postfix_tls
		cat <<-X
			mynetworks = 127.0.0.0/8
			smtpd_relay_restrictions = permit_mynetworks, reject
			smtpd_tls_security_level = may
			smtputf8_enable = yes
		X
	} >"$T/relay/etc/main.cf"
	{
		postfix_master "$port" | sed '/ smtpd$/s/$/ -v/'
		echo "127.0.0.1:$tls_port inet n - n - - smtpd" \
			'-o smtpd_tls_wrappermode=yes'
		echo "127.0.0.1:$auth_port inet n - n - - smtpd" \
			'-o smtpd_tls_security_level=encrypt' \
			'-o smtpd_sasl_auth_enable=yes' \
			'-o smtpd_recipient_restrictions=permit_sasl_authenticated,reject'
	} >"$T/relay/etc/master.cf"
	echo "a@$domain a/" >"$T/relay/etc/mailboxes"
	chown nobody "$mail"
	postfix_start relay
}

how_seen() {
	case $1 in
	tls) grep -q 'TLS connection established' "$T/relay/maillog" ;;
	*) grep -q "sasl_username=$user" "$T/relay/maillog" ;;
	esac
}

bdat_seen() {
	[ "$(grep -c '< .*: BDAT [1-9]' "$T/relay/maillog")" -ge "$1" ]
}

ok 'it is configured' make_relay
ok 'what knows the password is there' postfix_sasl relay "$user" "$password"
relay_starts Postfix
utf8=1 bytes=lf cases
unlike "$(cat "$T/relay/maillog")" '(panic|fatal): ' 'Postfix did not suffer'
done_testing
