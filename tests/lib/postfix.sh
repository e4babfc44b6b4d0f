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
	cat <<-X
		127.0.0.1:$1 inet n - n - - smtpd
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		verify unix - - n - 1 verify
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		smtp unix - - n - - smtp
		relay unix - - n - - smtp
		showq unix n - n - - showq
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		virtual unix - n n - - virtual
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
		postlog unix-dgram n - n - 1 postlogd
	X
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
