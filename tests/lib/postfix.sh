# shellcheck shell=sh disable=SC2034 # for the test
# postfix.sh - Postfix instances below $T; the system's Postfix, its files and
# its queue are not touched; read after tap.sh
#
#   postfix_needs    skips the whole file unless we are root and there is one
#   postfix_make NAME         directories of an instance; its files belong into
#                    $T/NAME/etc, its mailboxes into $mail, which nobody owns
#   postfix_main NAME         what all have in main.cf: NAME.example.org, which
#                    takes what the test allows, and has no local users
#   postfix_boxes NAME DOMAINS    in main.cf as well: the mailboxes of
#                    $T/NAME/etc/mailboxes
#   postfix_master PORT       master.cf: SMTP on that port, and the rest
#   postfix_tls      main.cf of one with $T/certs/good, and passwords that
#                    postfix_sasl knows, which go over TLS alone
#   postfix_sasl NAME USER PASSWORD     what knows them: just this one
#   postfix_start NAME        it ends with the test
#   has USER N       exits 0 when so many messages are in the mailbox

mail=$T/mail

postfix_needs() {
	is_root || skip_all 'only root can start Postfix'
	command -v postfix >/dev/null || skip_all 'no Postfix'
}

postfix_make() {
	mkdir -p "$T/$1/etc" "$T/$1/spool" "$T/$1/lib" "$mail" &&
		chown postfix "$T/$1/lib" &&
		chown nobody "$mail"
}

postfix_main() {
	cat <<-X
		compatibility_level = 3.6
		queue_directory = $T/$1/spool
		data_directory = $T/$1/lib
		mail_owner = postfix
		setgid_group = postdrop
		myhostname = $1.example.org
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		smtp_dns_support_level = disabled
		smtpd_peername_lookup = no
		notify_classes =
		alias_maps =
		alias_database =
		local_transport = error:no local users here
		maillog_file = $T/$1/maillog
		maillog_file_prefixes = $T
	X
}

postfix_boxes() {
	cat <<-X
		mydestination =
		virtual_mailbox_domains = $2
		virtual_mailbox_base = $mail
		virtual_mailbox_maps = texthash:$T/$1/etc/mailboxes
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(id -g nobody)
		virtual_minimum_uid = 100
	X
}

postfix_master() {
	echo "127.0.0.1:$1 inet n - n - - smtpd"
	echo 'tlsmgr unix - - n 1000? 1 tlsmgr'
	cat "$TOP/bench/postfix-services"
}

postfix_tls() {
	cat <<-X
		smtpd_tls_auth_only = yes
		smtpd_tls_cert_file = $T/certs/good.crt
		smtpd_tls_key_file = $T/certs/good.key
		smtpd_tls_loglevel = 1
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = auth
		smtpd_sasl_security_options = noanonymous
	X
}

postfix_sasl() {
	"$TOP/tests/lib/saslserver.py" "$T/$1/spool/auth" "$2" "$3" \
		>"$T/sasl.out" 2>&1 &
	postfix_sasl_pid=$!
	at_exit "kill $postfix_sasl_pid 2>/dev/null"
	wait_for 10 test -S "$T/$1/spool/auth"
}

postfix_start() {
	at_exit "postfix -c '$T/$1/etc' stop >/dev/null 2>&1"
	postfix -c "$T/$1/etc" start >"$T/$1.start" 2>&1 || {
		diag "$(cat "$T/$1.start")"
		return 1
	}
}

has() {
	[ "$(find "$mail/$1/new" -type f 2>/dev/null | wc -l)" = "$2" ]
}
