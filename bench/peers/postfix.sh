# shellcheck shell=sh
# postfix.sh - postfix-default | postfix-tuned | postfix-tunednolog |
# postfix-tunedshm (queue in memory) | postfix-tunedcmd: an instance of its own
# below $W
#
#   batch  the posting arrives by SMTP for list-N@, an :include: alias; above
#          2,000 recipients (tuned) or 20,000 (default), where that is faster
#          or the only way (a queue file is limited by message_size_limit), the
#          recipients arrive as RCPT, 1,000 a transaction, over 4 connections
#   small  N messages over 8 SMTP connections; tunedcmd: a sendmail for each, 8 at
#          a time
#   verp   all N as RCPT of one transaction with XVERP
#   merge  N messages with a recipient each, as a program that merges hands them
#          over; 8 connections
# The system's Postfix, if there is one, is not touched.

postfix_dir=$W/postfix-$VARIANT
case $VARIANT in *shm*) postfix_dir=/dev/shm/lsvbench-postfix ;; esac
postfix_pid=

postfix_main() {
	cat <<X
compatibility_level = 3.6
queue_directory = $postfix_dir/spool
data_directory = $postfix_dir/lib
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = list.bench.test
mydestination = list.bench.test
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:$SINK_PORT
alias_maps = texthash:$postfix_dir/etc/aliases
alias_database =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_authorized_verp_clients = 127.0.0.0/8
smtpd_recipient_limit = 200000
X
	case $VARIANT in *nolog*) ;; *)
		echo "maillog_file = $postfix_dir/maillog"
		echo "maillog_file_prefixes = $postfix_dir"
		;;
	esac
}

# The best found: fewer transactions, connections kept, no limits in the way.
postfix_tuning() {
	cat <<X
smtp_destination_recipient_limit = 1000
smtp_destination_concurrency_limit = 8
initial_destination_concurrency = 8
smtp_connection_cache_destinations = [127.0.0.1]:$SINK_PORT
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_recipient_overshoot_limit = 200000
in_flow_delay = 0
qmgr_message_active_limit = 100000
qmgr_message_recipient_limit = 200000
qmgr_message_recipient_minimum = 100000
default_delivery_slot_cost = 0
local_destination_concurrency_limit = 8
duplicate_filter_limit = 0
message_size_limit = 104857600
mailbox_size_limit = 0
smtpd_reject_unlisted_recipient = no
header_checks =
smtp_generic_maps =
smtp_header_checks =
disable_mime_input_processing = yes
enable_original_recipient = no
X
}

postfix_master() {
	echo "127.0.0.1:$INJECT_PORT inet n - n - - smtpd"
	echo 'local unix - n n - - local'
	cat "$BENCH/postfix-services"
}

postfix_aliases() {
	for postfix_n in 20 "$N"; do
		echo "list-$postfix_n :include:$W/r$postfix_n"
		echo "owner-list-$postfix_n owner@d000.example.net"
	done
}

peer_prepare() {
	need postfix || return 1
	set_aside "$postfix_dir"
	mkdir -p "$postfix_dir/etc" "$postfix_dir/spool" "$postfix_dir/lib" ||
		return 1
	chown postfix "$postfix_dir/lib"
	postfix_main >"$postfix_dir/etc/main.cf"
	case $VARIANT in tuned*)
		postfix_tuning >>"$postfix_dir/etc/main.cf" ;;
	esac
	postfix_master >"$postfix_dir/etc/master.cf"
	postfix_aliases >"$postfix_dir/etc/aliases"
	: >"$postfix_dir/maillog"
	postfix -c "$postfix_dir/etc" check 2>"$W/postfix.log"
	return 0 # it warns of much that does not matter here
}

peer_start() {
	# nothing of Postfix is set-id here, so its children may be traced the
	# cheap way: stopped at the traced calls only
	# shellcheck disable=SC2086 # a command in front, or nothing
	cg_run ${TRACE:+$TRACE --seccomp-bpf} /usr/lib/postfix/sbin/master \
		-c "$postfix_dir/etc" -d >"$W/postfix.log" 2>&1 &
	postfix_pid=$!
	wait_port "$INJECT_PORT"
}

peer_stop() {
	[ -n "$postfix_pid" ] || return 0
	cg_end
	wait "$postfix_pid" 2>/dev/null
	postfix_pid=
	case $VARIANT in *shm*) rm -rf "$postfix_dir" ;; esac
}

postfix_post() {
	echo "list-$1@list.bench.test" >"$W/postfix.to"
	lsv-push -p "$INJECT_PORT" -R 1 -r "$W/postfix.to" -m "$W/m$2"
}

peer_warm() {
	postfix_post 20 "$SIZE" >/dev/null
	ctl WAIT 20 10000 >/dev/null
	sleep 0.3
}

# postfix_sendmail N SIZE - as programs on the machine hand mail over
postfix_sendmail() {
	tr -d '\r' <"$W/m$2" >"$W/postfix.message"
	# shellcheck disable=SC2086 # a command in front, or nothing
	cg_run lsv-many -k 8 -i "$W/postfix.message" -a "$W/r$1" $TRACE \
		/usr/sbin/sendmail -C "$postfix_dir/etc" -i \
		-f poster@d001.example.net
}

peer_inject() {
	postfix_alias_max=20000
	case $VARIANT in tuned*) postfix_alias_max=2000 ;; esac
	case $1-$VARIANT in small-*cmd*)
		postfix_sendmail "$2" "$3"
		return
		;;
	esac
	case $1 in
	small) set -- "$1" "$2" "$3" -k 8 -R 1 ;;
	verp) set -- "$1" "$2" "$3" -R "$2" -S ' XVERP' ;;
	merge) set -- "$1" "$2" "$3" -k 8 -R 1 -P ;;
	batch)
		if [ "$2" -le "$postfix_alias_max" ]; then
			postfix_post "$2" "$3"
			return
		fi
		set -- "$1" "$2" "$3" -k 4 -R 1000
		;;
	esac
	postfix_n=$2 postfix_size=$3
	shift 3
	lsv-push -p "$INJECT_PORT" "$@" -r "$W/r$postfix_n" \
		-m "$W/m$postfix_size"
}
