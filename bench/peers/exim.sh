# shellcheck shell=sh
# exim.sh - exim-default | exim-tuned: Exim from Debian, unpacked below $W, as
# it cannot be installed beside Postfix
#
#   batch  the posting arrives by SMTP for list-N@, a router includes the file
#   verp   the same with a return path for each recipient
#   small  N messages over 8 SMTP connections
# Its binary reads /etc/exim4/trusted_configs, a path that is compiled in: a
# line is added there while it runs, and taken out again.

exim_root=$W/root-exim
exim_dir=$W/exim-$VARIANT
exim=$exim_root/usr/sbin/exim4
exim_trust=/etc/exim4/trusted_configs
exim_pid=

exim_tuning() {
	[ "$VARIANT" = tuned ] || return 0
	cat <<X
message_logs = false
split_spool_directory = true
remote_max_parallel = 4
smtp_accept_max = 0
log_selector = -host_lookup_failed
queue_run_max = 2
X
}

# exim_router NAME LOCALPART DATA
exim_router() {
	cat <<X
$1:
  driver = redirect
  domains = +local_domains
  local_parts = $2
  data = $3
  errors_to = owner-list@d000.example.net
X
}

# exim_list N - routers for the N recipients of a file. An included file may
# have at most 1 MiB, and an address at most 65,535 children: longer lists are
# lists of lists of 20,000.
exim_list() {
	rm -f "$exim_dir/inc-$1".*
	split -l 20000 -a 3 -d "$W/r$1" "$exim_dir/inc-$1."
	if [ "$1" -le 20000 ]; then
		exim_router "list_$1" "list-$1" \
			":include:$exim_dir/inc-$1.000"
		return
	fi
	exim_parts=
	for exim_f in "$exim_dir/inc-$1".*; do
		exim_i=${exim_f##*.}
		exim_router "list_$1_$exim_i" "list-$1-$exim_i" \
			":include:$exim_f"
		exim_parts="$exim_parts${exim_parts:+, }list-$1-$exim_i@list.bench.test"
	done
	exim_router "list_$1" "list-$1" "$exim_parts"
}

exim_config() {
	exim_rcpts=100
	[ "$VARIANT" != tuned ] || exim_rcpts=1000
	exim_verp=
	if [ "$MODE" = verp ]; then
		exim_rcpts=1
		# shellcheck disable=SC2016 # Exim's variables
		exim_verp='return_path = "owner-list+${local_part}=${domain}@list.bench.test"'
	fi
	cat <<X
primary_hostname = list.bench.test
domainlist local_domains = list.bench.test
spool_directory = $exim_dir/spool
log_file_path = $exim_dir/log/%slog
exim_path = $exim
local_interfaces = 127.0.0.1
daemon_smtp_ports = $INJECT_PORT
tls_advertise_hosts =
host_lookup =
disable_ipv6 = true
acl_smtp_rcpt = accept_all
smtp_accept_queue_per_connection = 0
smtp_accept_max_per_connection = 0
never_users = root
$(exim_tuning)
begin acl
accept_all:
  accept
begin routers
$(exim_list 20)
$([ "$N" = 20 ] || exim_list "$N")
smart:
  driver = manualroute
  domains = ! +local_domains
  route_list = * 127.0.0.1::$SINK_PORT
  transport = smarthost
  self = send
begin transports
smarthost:
  driver = smtp
  max_rcpt = $exim_rcpts
  hosts_try_fastopen =
  $exim_verp
begin retry
*  *  F,2h,1m
X
}

peer_prepare() {
	need libidn12 libpcre2-8-0 libgnutls-dane0 libdb5.3 libidn2-0 || return 1
	unpack exim4-daemon-light "$exim_root" || return 1
	getent passwd Debian-exim >/dev/null ||
		useradd -r -M -d /nonexistent -s /usr/sbin/nologin Debian-exim ||
		return 1
	set_aside "$exim_dir"
	mkdir -p "$exim_dir/spool" "$exim_dir/log" /etc/exim4 || return 1
	exim_config >"$exim_dir/exim.conf" || return 1
	chown -R Debian-exim: "$exim_dir/spool" "$exim_dir/log"
	chmod 644 "$exim_dir/exim.conf"
	grep -qx "$exim_dir/exim.conf" "$exim_trust" 2>/dev/null ||
		echo "$exim_dir/exim.conf" >>"$exim_trust"
}

peer_start() {
	# shellcheck disable=SC2086 # a command in front, or nothing
	cg_run $TRACE "$exim" -C "$exim_dir/exim.conf" -bdf -q1m \
		>"$W/exim.log" 2>&1 &
	exim_pid=$!
	wait_port "$INJECT_PORT"
}

peer_stop() {
	[ -n "$exim_pid" ] || return 0
	cg_end
	wait "$exim_pid" 2>/dev/null
	exim_pid=
	grep -vx "$exim_dir/exim.conf" "$exim_trust" >"$W/exim.trust"
	if [ -s "$W/exim.trust" ]; then
		cat "$W/exim.trust" >"$exim_trust"
	else
		rm -f "$exim_trust"
	fi
}

exim_post() {
	echo "list-$1@list.bench.test" >"$W/exim.to"
	lsv-push -p "$INJECT_PORT" -R 1 -r "$W/exim.to" -m "$W/m$2"
}

peer_warm() {
	exim_post 20 "$SIZE" >/dev/null
	ctl WAIT 20 10000 >/dev/null
	sleep 0.3
}

peer_inject() {
	if [ "$1" = small ]; then
		lsv-push -p "$INJECT_PORT" -k 8 -R 1 -r "$W/r$2" -m "$W/m$3"
	else
		exim_post "$2" "$3"
	fi
}
