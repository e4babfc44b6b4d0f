# shellcheck shell=sh
# ours.sh - lsv, with all its services, from a site of its own below $W
#
#   batch  one list with the N recipients, imported while the services run
#   small  N lists with one recipient each; 8 lsv-inject at a time
#   merge  lsv-merge with a table of three fields
# All syncs on. Words behind ours, as in ours-chunks-k4-tls:
#   lmtp    postings are handed over by LMTP instead, 8 connections
#   chunks  the sink offers BDAT
#   tls     the sink offers STARTTLS, and it is used
#   kN      N workers (2)
#   rN      N recipients a transaction (1000)
# Any other word is just a name.

ours_workers=2 ours_each=1000 ours_lmtp=
for ours_word in $(echo "$VARIANT" | tr - ' '); do
	case $ours_word in
	lmtp) ours_lmtp=1 ;;
	chunks) SINK_OPTS="-C ${SINK_OPTS--Q}" ;;
	tls) SINK_OPTS="-T $W/cert.pem ${SINK_OPTS--Q}" ;;
	k[0-9]*) ours_workers=${ours_word#k} ;;
	r[0-9]*) ours_each=${ours_word#r} ;;
	esac
done
[ -s "$W/cert.pem" ] || {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -subj /CN=localhost -days 3650 -keyout "$W/key.pem" \
		-out "$W/cert.pem" 2>"$W/cert.log" &&
		cat "$W/key.pem" >>"$W/cert.pem"
} || die 'no certificate for the sink'
ours_node=lists.bench.test
ours_up=
. "$BENCH/site.sh"

ours_lists() {
	ours_i=0
	while read -r ours_rcpt; do
		ours_i=$((ours_i + 1))
		lsv-list create "l$ours_i" --owner owner@d000.example.net &&
			lsv-list add "l$ours_i" "$ours_rcpt" || return 1
	done <"$W/r$N"
}

# A large list is imported beside the running services, as an admin would do,
# and its time and memory are part of the result.
ours_import() {
	lsv-list create bench --owner owner@d000.example.net || return 1
	if [ "$MODE" = verp ]; then
		lsv-list header get bench >"$W/bench.header" &&
			echo '* Misc-Options= VERP' >>"$W/bench.header" &&
			lsv-list header put bench "$W/bench.header" || return 1
	fi
	lsv-mon "$CG/cgroup.procs" >"$W/import.mon" &
	ours_mon=$!
	cg_run lsv-many lsv-list import bench "$W/r$N" >"$W/import.out"
	ours_status=$?
	kill "$ours_mon"
	wait "$ours_mon"
	return "$ours_status"
}

# lsv-service up returns when all are ready; traced it does not return before
# they are gone, so it runs beside us then, and a file says when.
ours_services() {
	if [ -z "$TRACE" ]; then
		ours_up=1
		cg_run lsv-service up
		return
	fi
	rm -f "$W/ours.ready"
	ours_up=1
	# shellcheck disable=SC2016,SC2086 # that shell's; a command in front
	cg_run $TRACE --seccomp-bpf sh -c \
		'lsv-service up && : >"$0"' "$W/ours.ready" &
	ours_tracer=$!
	ours_i=0
	until [ -e "$W/ours.ready" ]; do
		ours_i=$((ours_i + 1))
		[ "$ours_i" -lt 300 ] || return 1
		sleep 0.1
	done
}

ours_start() {
	set_aside "$W/ours"
	site_prepare "$W/ours" &&
		SITE_MAXBSMTP=$ours_each SITE_WORKERS=$ours_workers \
			site_configure "$ours_node" "$SINK_PORT" &&
		site_list warm "$W/r20" || return 1
	if [ "$MODE" = small ]; then
		ours_lists || return 1
		awk -v n="$ours_node" '{ print "l" NR "@" n }' "$W/r$N" \
			>"$W/ours.to"
		ours_services
	elif [ "$MODE" = merge ]; then
		ours_services
	else
		ours_services && ours_import
	fi
}

peer_start() {
	ours_start >"$W/ours.log" 2>&1
}

peer_stop() {
	[ -n "$ours_up" ] || return 0
	ours_up=
	lsv-service down >>"$W/ours.log" 2>&1
	cg_end
	[ -z "${ours_tracer:-}" ] || wait "$ours_tracer" 2>/dev/null
	ours_tracer=
}

# ours_message SIZE NAME - the posting as an MTA hands it over, with lines that
# end in LF; another one each time, since lsv knows a message given twice
ours_message() {
	tr -d '\r' <"$W/m$1" | sed "s/^Message-ID: </&$2./" >"$W/ours.message"
}

# ours_inject OPTION... -- [RECIPIENT] - as the machine's MTA would: a process
# for each message, as user lsvin. (A tracer stays root, to write its file.)
ours_inject() {
	if [ -n "$TRACE" ]; then
		ours_as="$TRACE s6-setuidgid lsvin"
		ours_opts=
	else
		ours_as=
		ours_opts='-u lsvin'
	fi
	while [ "$1" != -- ]; do
		ours_opts="$ours_opts $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # options, and a command in front
	cg_run lsv-many -i "$W/ours.message" $ours_opts $ours_as \
		lsv-inject -f poster@d001.example.net "$@"
}

# ours_push FILE CONNECTIONS - the same by LMTP, to the addresses of FILE; the
# client stands for the MTA and does not count as ours
ours_push() {
	sed 's/$/\r/' "$W/ours.message" >"$W/ours.wire"
	lsv-push -u "$LSV_RUN/lmtp/socket" -F poster@d001.example.net -R 1 \
		-k "$2" -r "$1" -m "$W/ours.wire"
}

# ours_post LIST - one posting
ours_post() {
	if [ -n "$ours_lmtp" ]; then
		echo "$1@$ours_node" >"$W/ours.one"
		ours_push "$W/ours.one" 1
	else
		ours_inject -- "$1@$ours_node"
	fi
}

peer_warm() {
	ours_message "$SIZE" warm
	ours_post warm >"$W/ours.warm" 2>&1
	ctl WAIT 20 10000 >/dev/null
	sleep 0.3
}

# ours_merge - a table with three fields, and the posting with references to them
ours_merge() {
	awk 'BEGIN { print "address,NAME,CITY,CODE" }
		{ print $1 ",User " NR ",\"Town, " NR % 97 "\",c" NR }' \
		"$W/r$N" >"$W/ours.csv"
	sed -e 's/^Subject: /&\&NAME;: /' \
		-e 's/%%RCPT%%/\&*TO; \&NAME; \&CITY; \&CODE;/' \
		"$W/ours.message" >"$W/ours.template"
	# shellcheck disable=SC2086 # a command in front
	cg_run lsv-many $TRACE lsv-merge --from owner-bench@$ours_node \
		--fields "$W/ours.csv" "$W/ours.template"
}

peer_inject() {
	ours_message "$3" "lap$run_lap"
	case $1-$ours_lmtp in
	merge-*) ours_merge ;;
	small-1) ours_push "$W/ours.to" 8 ;;
	small-*) ours_inject -k 8 -a "$W/ours.to" -- ;;
	*) ours_post bench ;;
	esac
}
