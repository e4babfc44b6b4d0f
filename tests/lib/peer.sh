# shellcheck shell=sh disable=SC2034 # for the test
# peer.sh - lsv-peer alone; read after tap.sh and tree.sh
#
#   peer_make LINE...     the spool, with LINEs in site.cfg
#   peer_config [LINE...] another site.cfg, applied
#   peer_up, peer_down    lsv-peer, as its own user when we are root
#   peer_once             the same for one pass; its exit code
#   chunk_id N            the name of chunk N
#   chunk N RCPTS [LINE...]  chunk N in pool/peer/now: the recipients are the
#                         lines of the file RCPTS, the message is the file
#                         $T/message; LINEs of its head replace those of the
#                         same key
#   chunk_at N            where it is now, below the pools; nothing: nowhere
#   chunk_journal N       its journal without times
#   mail N                the path of the mail made of it, in route/new
#   job N                 reads that mail as a server would: see
#                         tests/reference/job.py

peer_pid=

peer_config() {
	{
		echo 'NODE=n.example'
		echo 'POSTMASTER=keeper@example.net'
		echo 'RETRY_MIN=1s'
		for peer_line; do
			printf '%s\n' "$peer_line"
		done
	} >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
}

peer_make() {
	site_prepare "$T/site" || return 1
	peer_config "$@"
	lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
	printf 'Subject: test\n\nhello\n' >"$T/message"
	at_exit peer_down
}

peer_as() {
	if is_root; then
		s6-setuidgid lsvpeer "$@"
	else
		"$@"
	fi
}

peer_up() {
	: >"$T/ready"
	(
		set -- lsv-peer -d 3
		is_root && set -- s6-setuidgid lsvpeer "$@"
		exec "$@"
	) 3>>"$T/ready" >>"$T/peer.log" 2>&1 &
	peer_pid=$!
	wait_for 10 test -s "$T/ready"
}

peer_down() {
	[ -z "$peer_pid" ] || kill "$peer_pid" 2>/dev/null
	[ -z "$peer_pid" ] || wait "$peer_pid" 2>/dev/null
	peer_pid=
}

peer_once() {
	peer_as lsv-peer -1 >>"$T/peer.log" 2>&1
}

peer_wake() {
	[ -z "$peer_pid" ] || printf x >"$LSV_SPOOL/pool/peer/trigger"
}

chunk_id() {
	printf '0647c1a2%05x.9f02c4d1aa.000001' "$1"
}

# keyed LINE... - "key: value" lines of the head, replaced by LINEs
keyed() {
	awk 'BEGIN {
		for (i = 1; i < ARGC; i++) {
			split(ARGV[i], k, ":")
			other[k[1]] = ARGV[i]
		}
		ARGC = 1
	}
	{
		split($0, k, ":")
		print k[1] in other ? other[k[1]] : $0
	}' "$@"
}

chunk() {
	chunk_name=$(chunk_id "$1")
	chunk_rcpts=$2
	chunk_job=${chunk_name%.*}
	shift 2
	sed 's/$/\r/' "$T/message" >"$T/wire"
	keyed "$@" >"$T/chunk" <<-END
		lsv-mail: 1
		name: $chunk_name
		job: $chunk_job
		class: post
		list: TEST-L
		from: owner-test-l@n.example
		pool: A
		created: 1700000000000000
		expires: 1999999999000000
		verp: 0
		eightbit: 0
		dots: 0
		server: LISTSERV@gate.example
		trail: N.EXAMPLE/$chunk_job 1 N.EXAMPLE
		body: job
		size: $(wc -c <"$T/wire")
		rcpts: $(wc -l <"$chunk_rcpts")
		bytes: $(wc -c <"$chunk_rcpts")
	END
	{
		cat "$T/chunk" "$chunk_rcpts"
		echo end
		grep -q '^body: job' "$T/chunk" || cat "$T/wire"
	} >"$T/$chunk_name"
	mkdir -p "$LSV_SPOOL/jobs/$chunk_job"
	cp "$T/wire" "$LSV_SPOOL/jobs/$chunk_job/body"
	chmod 660 "$T/$chunk_name"
	if is_root; then
		chown lsvroute:lsvjob "$T/$chunk_name"
		chown -R lsvroute:lsvjob "$LSV_SPOOL/jobs/$chunk_job"
		chmod 750 "$LSV_SPOOL/jobs/$chunk_job"
	fi
	mv "$T/$chunk_name" "$LSV_SPOOL/pool/peer/now/"
	peer_wake
}

chunk_at() {
	(
		cd "$LSV_SPOOL/pool" || exit
		find . -name "$(chunk_id "$1")" | sed 's,^\./,,; s,/[^/]*$,,'
	)
}

chunk_journal() {
	sed '1,/^end$/d' "$LSV_SPOOL/pool/$(chunk_at "$1")/$(chunk_id "$1")" |
		sed -E 's/ [0-9]{16}/ T/; s/ +$//'
}

mail() {
	find "$LSV_SPOOL/route/new" -name "${1:+$(chunk_id "$1" | cut -d. -f1)}*"
}

job() {
	python3 "$TOP/tests/reference/job.py" "$(mail "$1")" "$T/job"
}
