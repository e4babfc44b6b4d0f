# shellcheck shell=sh
# mlmmj.sh - mlmmj-default | mlmmj-tuned: straight to the sink, one process,
# nothing durable after the archive copy
#
#   batch  control/verp present and empty (no VERP), maxverprecips 100 / 1,000
#   verp   mlmmj's own VERP, one recipient a transaction

mlmmj_dir=$W/mlmmj

peer_prepare() {
	[ "$MODE" != small ] || die 'mlmmj has no small mode'
	need mlmmj
}

peer_start() {
	set_aside "$mlmmj_dir"
	for mlmmj_d in incoming queue/discarded archive text subconf unsubconf \
	    bounce control moderation subscribers.d digesters.d requeue \
	    nomailsubs.d; do
		mkdir -p "$mlmmj_dir/$mlmmj_d" || return 1
	done
	cp -r /usr/share/mlmmj/text.skel/en/. "$mlmmj_dir/text/"
	cd "$mlmmj_dir/control" || return 1
	echo list@list.bench.test >listaddress
	echo owner@list.bench.test >owner
	echo 127.0.0.1 >relayhost
	echo "$SINK_PORT" >smtpport
	echo + >delimiter
	echo list.bench.test >smtphelo
	: >tocc
	[ "$MODE" != batch ] || : >verp
	[ "$MODE$VARIANT" != batchtuned ] || echo 1000 >maxverprecips
	cd "$W" || return 1
	{
		echo 'Return-Path: <poster@d001.example.net>'
		tr -d '\r' <"$W/m$SIZE"
	} >"$W/mlmmj.message"
	awk -v d="$mlmmj_dir/subscribers.d/" \
		'{ f = d substr($0, 1, 1); print >f }' "$W/r$N"
}

peer_inject() {
	# shellcheck disable=SC2086 # a command in front, or nothing
	cg_run lsv-many -i "$W/mlmmj.message" $TRACE \
		/usr/bin/mlmmj-receive -F -L "$mlmmj_dir"
}
