# shellcheck shell=sh
# limit.sh - lsv-push straight into the sink: what the machine can do
#
#   limit-K       K connections, DATA, pipelined, 1,000 recipients each
#   limit-Kb      BDAT, several messages in flight
#   limit-Kn      no pipelining at all
#   limit-Ks      durable: a spool file for each 1,000 recipients, synced first
#   limit-Kl      durable, with one spool file for all
#   limit-KrR     R recipients a transaction
# Letters may follow one another, rR last: limit-4bs, limit-2sr100.

limit_each=1000
limit_kind=$VARIANT
limit_opts=
case $limit_kind in *r[0-9]*)
	limit_each=${limit_kind#*r}
	limit_kind=${limit_kind%r*}
	;;
esac
case $limit_kind in
*s)
	limit_opts="-J $W/limit.spool"
	limit_kind=${limit_kind%s}
	;;
*l)
	limit_opts="-1 -J $W/limit.spool"
	limit_kind=${limit_kind%l}
	;;
esac
case $limit_kind in
*b)
	limit_opts="$limit_opts -B"
	limit_kind=${limit_kind%b}
	SINK_OPTS="-C ${SINK_OPTS--Q}"
	;;
*n)
	limit_opts="$limit_opts -N"
	limit_kind=${limit_kind%n}
	;;
esac

peer_start() {
	set_aside "$W/limit.spool"
	mkdir -p "$W/limit.spool"
}

peer_inject() {
	case $1 in
	batch) limit_mode="-R $limit_each" ;;
	small) limit_mode='-R 1' ;;
	verp) limit_mode=-V ;;
	merge) limit_mode=-P ;;
	esac
	# shellcheck disable=SC2086 # options, and a command in front
	cg_run $TRACE lsv-push -p "$SINK_PORT" -k "$limit_kind" $limit_mode \
		$limit_opts -r "$W/r$2" -m "$W/m$3"
}
